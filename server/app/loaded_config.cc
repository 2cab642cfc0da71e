#include "server/app/loaded_config.h"

#include "alerting/rules/check.h"

namespace vigia::server {

using storage::Errc;
using storage::Error;

storage::Result<LoadedConfig> LoadAll(const std::string& path, const promql::ParserOptions& parser,
                                      const config::LoadOptions& load) {
  LoadedConfig loaded;
  auto config = config::LoadConfig(path, load);
  if (config.has_error()) return config.error();
  loaded.config = std::move(*config);
  auto rule_paths = config::ExpandGlobs(loaded.config->rule_files);
  if (rule_paths.has_error()) return rule_paths.error();
  const config::RuleFileOptions options{parser, loaded.config->global.metric_name_validation_scheme};
  std::string faults;
  for (const std::string& rule_path : *rule_paths) {
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
