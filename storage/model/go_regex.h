// Regular expressions as they are written for Go's regexp package, the language of Prometheus' configurations and
// queries. It is RE2's but for two things: Go knows (?<name>...), which RE2 before September 2023 does not, and not \C.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "storage/model/error.h"

namespace re2 {
class RE2;
}

namespace vigia::storage {

enum class RegexDot { kAny, kNotNewline };  // What "." matches.

// kInvalid with the reason, "error parsing regexp: ...", when `pattern` is no regular expression (or is too large for
// RE2's limit on what it compiles to). Never null.
Result<std::shared_ptr<const re2::RE2>> CompileGoRegex(std::string_view pattern, RegexDot dot);

// The same expression in words that every RE2 knows: each (?<name> becomes (?P<name>. kInvalid for \C.
Result<std::string> ToRe2Syntax(std::string_view pattern);

}  // namespace vigia::storage
