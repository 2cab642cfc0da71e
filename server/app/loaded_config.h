// A configuration with all files it names, read and checked as a whole before any of it is applied.
#pragma once

#include <string>
#include <vector>

#include "config/schema/config.h"
#include "config/schema/load_options.h"
#include "config/schema/rule_file.h"
#include "promql/parser/parse.h"
#include "storage/model/error.h"

namespace vigia::server {

struct LoadedConfig {
  config::ConfigPtr config;
  std::vector<config::RuleFile> rule_files;
};

// Fails with all faults of the first part that has any: configuration, rule files, templates.
storage::Result<LoadedConfig> LoadAll(const std::string& path, const promql::ParserOptions& parser,
                                      const config::LoadOptions& options);

}  // namespace vigia::server
