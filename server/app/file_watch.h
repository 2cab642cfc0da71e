// Whether any of a list of files changed: for --config.auto-reload.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace vigia::server {

// XXH64 over names and contents; a file that cannot be read counts as its absence.
std::uint64_t ChecksumOf(const std::vector<std::string>& paths);

}  // namespace vigia::server
