// Texts of numbers, durations and sizes, as Prometheus' configuration reads and prints them. Internal to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::config {

// What Go's yaml.v2 takes for a boolean when it is not quoted: yes/no, on/off, true/false, y/n in their usual cases.
std::optional<bool> ParseYamlBool(std::string_view text);

// Decimal, 0x, 0b, 0o or leading-zero octal, with optional sign and underscores.
std::optional<std::int64_t> ParseYamlInt(std::string_view text);
std::optional<std::uint64_t> ParseYamlUint(std::string_view text);
// Also .inf, -.inf and .nan.
std::optional<double> ParseYamlFloat(std::string_view text);

// "512MB", "1.5GiB", "1GB512MB"; units B, KB .. EB and KiB .. EiB, all powers of 1024; "0" alone.
std::optional<std::uint64_t> ParseSizeBytes(std::string_view text);
// "10MiB", "1GiB512MiB", "0B".
std::string FormatSizeBytes(std::uint64_t bytes);

// `text` with $NAME and ${NAME} replaced by the environment, $$ by $ (Go's os.Expand). `undefined` receives the names
// that are not set or empty.
std::string ExpandEnvironment(std::string_view text, std::vector<std::string>& undefined);

}  // namespace vigia::config
