// Names that older readers cannot read, told in letters that they can (surface.md 5.7).
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace vigia::server {

enum class NameEscaping { kAllowUtf8, kUnderscores, kDots, kValues };

// As they are called in headers: "allow-utf-8", "underscores", "dots", "values".
std::string_view ToString(NameEscaping escaping);
std::optional<NameEscaping> ParseNameEscaping(std::string_view text);

// Of a metric or a label. A name of the legacy form [a-zA-Z_:][a-zA-Z0-9_:]* stays what it is, also with kDots: that is
// what Prometheus' expositions do. `name` is well-formed UTF-8; where it is not, the rest of it is left out.
std::string EscapeName(std::string_view name, NameEscaping escaping);

}  // namespace vigia::server
