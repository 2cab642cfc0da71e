#include "server/app/loaded_config.h"

#include "alerting/rules/check.h"

namespace vigia::server {

using storage::Errc;
using storage::Error;

storage::Result<LoadedConfig> LoadAll(const std::string& path, const promql::ParserOptions& parser) {
  LoadedConfig loaded;
  auto config = config::LoadConfig(path);
  if (config.has_error()) return config.error();
  loaded.config = std::move(*config);
  loaded.paths.push_back(path);
  auto rule_paths = config::ExpandGlobs(loaded.config->rule_files);
  if (rule_paths.has_error()) return rule_paths.error();
  auto scrape_paths = config::ExpandGlobs(loaded.config->scrape_config_files);
  if (scrape_paths.has_error()) return scrape_paths.error();
  loaded.paths.insert(loaded.paths.end(), scrape_paths->begin(), scrape_paths->end());
  const config::RuleFileOptions options{parser, loaded.config->global.metric_name_validation_scheme};
  std::string faults;
  for (const std::string& rule_path : *rule_paths) {
    loaded.paths.push_back(rule_path);
    auto file = config::LoadRuleFile(rule_path, options);
    auto status = file.has_error() ? storage::Status(file.error()) : alerting::CheckTemplates(*file);
    if (status.has_error()) {
      faults += (faults.empty() ? "" : "\n") + status.error().what;
    } else {
      loaded.rule_files.push_back(std::move(*file));
    }
  }
  if (!faults.empty()) return Error{Errc::kInvalid, faults};
  return loaded;
}

}  // namespace vigia::server
