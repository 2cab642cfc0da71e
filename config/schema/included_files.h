// Which files a configuration consists of: for --config.auto-reload (surface.md 2.1).
#pragma once

#include <string>
#include <vector>

namespace vigia::config {

// `path`, then the files that match its rule_files and scrape_config_files now. Nothing else of the file needs to be
// right: a configuration that was refused is watched by the files that it names. Only `path` where it is no YAML.
std::vector<std::string> IncludedFiles(const std::string& path);

}  // namespace vigia::config
