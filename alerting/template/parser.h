// Template text to tree. Errors have the words of Go's text/template/parse.
#pragma once

#include <string>
#include <string_view>

#include "alerting/template/tree.h"
#include "storage/model/error.h"

namespace vigia::alerting {

inline constexpr std::size_t kMaxTemplateBytes = 1u << 20;
inline constexpr int kMaxTemplateNesting = 100;  // Of blocks and of parentheses, each.

// kInvalid with "template: <name>:<line>: <what>" for a text that is no template; kLimit when it is too long or too
// deep.
storage::Result<TemplateTree> ParseTemplateTree(std::string_view name, std::string_view text);

}  // namespace vigia::alerting
