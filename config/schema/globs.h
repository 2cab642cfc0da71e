// Patterns of file names. Internal to the room.
#pragma once

#include <string_view>

namespace vigia::config {

// Prometheus allows `*` in the last segment of rule_files and scrape_config_files only.
bool IsGlobInLastSegment(std::string_view pattern);

bool HasWildcard(std::string_view pattern);

}  // namespace vigia::config
