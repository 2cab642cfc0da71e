// The replacement templates of relabelling: $1, ${1}, $name, ${name} and $$, as Go's regexp.Expand reads them.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::config {

// Appends `text` to `out` with each reference replaced by its group; `groups` is what RelabelRegex::Match() gave, and
// `group_number` finds a group by name (-1 = none). A reference to no group is empty; a `$` that starts no reference
// stays as it is.
void ExpandTemplate(std::string_view text, const std::vector<std::string_view>& groups,
                    const std::function<int(std::string_view)>& group_number, std::string& out);

// True when `text`, with its references standing for anything, may become a name by the legacy rules:
// ^(?:(?:[a-zA-Z_]|\$(?:\{\w+\}|\w+))+\w*)+$
bool IsLegacyNameTemplate(std::string_view text);

}  // namespace vigia::config
