#include "config/schema/config.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <set>
#include <system_error>

#include "config/schema/codecs.h"
#include "config/schema/globs.h"
#include "config/schema/load_options.h"
#include "config/schema/read_file.h"
#include "config/schema/sections.h"
#include "config/yaml/parse.h"
#include "config/yaml/write.h"

namespace vigia::config {
namespace {

// Jobs after it inherit from it, hence its place at the top of the table.
Field<Config> GlobalField() {
  Field<Config> field = MakeField<SectionCodec<GlobalConfig>>("global", &Config::global, "",
                                                              "What jobs and rule groups inherit.", Show::kAlways);
  field.read = [](Reader& in, const yaml::Node& node, Config& out) {
    SectionCodec<GlobalConfig>::Read(in, node, out.global);
    in.SetGlobal(&out.global);
  };
  return field;
}

// Only the jobs of the file itself are shown as its own.
Field<Config> ScrapeConfigsField() {
  using Codec = ListCodec<SectionCodec<ScrapeConfig>>;
  Field<Config> field = MakeField<Codec>("scrape_configs", &Config::scrape_configs, "", "Jobs: what is scraped, how.");
  field.write = [](const Config& value, yaml::Node& out) {
    const auto begin = value.scrape_configs.begin();
    const std::vector<ScrapeConfig> own(begin, begin + static_cast<std::ptrdiff_t>(value.own_scrape_configs));
    if (!own.empty()) out.Add("scrape_configs", Codec::Write(own));
  };
  return field;
}

bool Exists(const std::string& path) {
  std::error_code not_told;  // A folder that may not be read is found out when the file is.
  return std::filesystem::exists(path, not_told);
}

void CheckPatterns(Reader& in, const yaml::Node& node, std::string_view key, const std::vector<std::string>& patterns,
                   const std::string& what) {
  const yaml::Node* list = node.Find(key);
  for (const std::string& pattern : patterns) {
    if (!IsGlobInLastSegment(pattern)) {
      in.Fail(list == nullptr ? node : *list, "invalid " + what + " file path " + storage::Quoted(pattern));
    } else if (!HasWildcard(pattern) && !Exists(pattern)) {
      in.Warn(std::string(key) + ": " + pattern + " does not exist");
    }
  }
}

void CheckJobNames(Reader& in, const yaml::Node& node, const Config& config) {
  std::map<std::string, std::size_t> seen;
  const yaml::Node* list = node.Find("scrape_configs");
  for (std::size_t i = 0; i < config.scrape_configs.size(); ++i) {
    const std::string& name = config.scrape_configs[i].job_name;
    if (seen.emplace(name, i).second || list == nullptr) continue;
    in.Fail(list->items[i], "found multiple scrape configs with job name " + storage::Quoted(name));
  }
}

// `kind`: "write" or "read".
template <class Remote>
void CheckRemoteNames(Reader& in, const yaml::Node& node, const std::string& kind, const std::vector<Remote>& remotes) {
  std::set<std::string> names;
  const yaml::Node* list = node.Find("remote_" + kind);
  for (std::size_t i = 0; i < remotes.size(); ++i) {
    const Remote& remote = remotes[i];
    if (!remote.name.empty() && !names.insert(remote.name).second) {
      in.Fail(list->items[i],
              "found multiple remote " + kind + " configs with job name " + storage::Quoted(remote.name));
    }
    if (std::count(remotes.begin(), remotes.begin() + static_cast<std::ptrdiff_t>(i), remote)) {
      in.Fail(list->items[i], "duplicate remote " + kind +
                                  " configs are not allowed, found duplicate for URL: " + RedactedUrl(remote.url));
    }
  }
}

// Appends the jobs of the files of scrape_config_files.
storage::Status ReadScrapeConfigFiles(Reader& in, Config& config) {
  const std::string main_file = in.file();
  const auto files = ExpandGlobs(config.scrape_config_files);
  if (!files) return files.error();
  std::map<std::string, std::string> first_in;
  for (const ScrapeConfig& job : config.scrape_configs) first_in.emplace(job.job_name, main_file);
  for (const std::string& file : *files) {
    const auto text = ReadWholeFile(file);
    if (!text) return text.error();
    const auto node = yaml::Parse(*text, file);
    if (!node) return node.error();
    in.SetFile(file);
    ScrapeConfigFile jobs;
    if (!node->IsNull()) SectionCodec<ScrapeConfigFile>::Read(in, *node, jobs);
    for (ScrapeConfig& job : jobs.scrape_configs) {
      const auto [first, is_new] = first_in.emplace(job.job_name, file);
      if (!is_new) {
        in.Fail(*node, "found multiple scrape configs with job name " + storage::Quoted(job.job_name) +
                           ", first found in " + first->second);
      }
      config.scrape_configs.push_back(std::move(job));
    }
  }
  in.SetFile(main_file);
  return {};
}

}  // namespace

const FieldTable<RuntimeConfig>& Schema<RuntimeConfig>::Fields() {
  static const FieldTable<RuntimeConfig> kFields{
      MakeField<IntCodec>("gogc", &RuntimeConfig::gogc, "75",
                          "Accepted for compatibility: nothing here is garbage collected."),
  };
  return kFields;
}

const FieldTable<Config>& Schema<Config>::Fields() {
  using T = Config;
  static const FieldTable<T> kFields{
      GlobalField(),
      MakeField<SectionCodec<RuntimeConfig>>("runtime", &T::runtime, "", "Settings of the process.", Show::kAlways),
      MakeField<SectionCodec<AlertingConfig>>("alerting", &T::alerting, "", "Who is told about alerts."),
      MakeField<ListCodec<PathCodec>>("rule_files", &T::rule_files, "[]",
                                      "Files with rules; `*` in the last segment only."),
      MakeField<ListCodec<PathCodec>>("scrape_config_files", &T::scrape_config_files, "[]",
                                      "Files with more jobs under scrape_configs; `*` in the last segment only."),
      ScrapeConfigsField(),
      MakeField<SectionCodec<StorageConfig>>("storage", &T::storage, "", "What of the storage may change on reload."),
      UnsupportedField<T>("tracing", "Export of traces."),
      MakeField<ListCodec<SectionCodec<RemoteWriteConfig>>>("remote_write", &T::remote_write, "",
                                                            "Other servers that are sent all samples."),
      MakeField<ListCodec<SectionCodec<RemoteReadConfig>>>("remote_read", &T::remote_read, "",
                                                           "Other servers that are asked for samples."),
      MakeField<SectionCodec<OtlpConfig>>("otlp", &T::otlp, "", "What the OTLP receiver makes of metrics."),
  };
  return kFields;
}

void Schema<Config>::Prepare(Reader& in, const yaml::Node& node, Config& out) {
  const yaml::Node* global = node.Find("global");
  if (global == nullptr || global->IsNull()) out.global.metric_name_escaping_scheme = EscapingScheme::kAllowUtf8;
  in.SetGlobal(&out.global);
}

void Schema<Config>::Check(Reader& in, const yaml::Node& node, Config& out) {
  CheckPatterns(in, node, "rule_files", out.rule_files, "rule");
  CheckPatterns(in, node, "scrape_config_files", out.scrape_config_files, "scrape config");
  CheckJobNames(in, node, out);
  CheckRemoteNames(in, node, "write", out.remote_write);
  CheckRemoteNames(in, node, "read", out.remote_read);
}

storage::Result<ConfigPtr> ParseConfig(std::string_view text, const std::string& file_name) {
  return ParseConfig(text, file_name, LoadOptions());
}

storage::Result<ConfigPtr> ParseConfig(std::string_view text, const std::string& file_name,
                                       const LoadOptions& options) {
  auto node = yaml::Parse(text, file_name);
  if (!node) return node.error();
  if (node->IsNull()) *node = yaml::Node::Mapping();  // An empty file has all defaults.
  Reader in(file_name);
  auto config = std::make_shared<Config>();
  config->directory = in.directory();
  config->global.extra_scrape_metrics = options.extra_scrape_metrics;
  SectionCodec<Config>::Read(in, *node, *config);
  if (const storage::Status status = in.Finish(); !status) return status.error();
  config->own_scrape_configs = config->scrape_configs.size();
  if (const storage::Status status = ReadScrapeConfigFiles(in, *config); !status) return status.error();
  if (const storage::Status status = in.Finish(); !status) return status.error();
  config->warnings = in.warnings();
  return ConfigPtr(std::move(config));
}

storage::Result<ConfigPtr> LoadConfig(const std::string& path) { return LoadConfig(path, LoadOptions()); }

storage::Result<ConfigPtr> LoadConfig(const std::string& path, const LoadOptions& options) {
  const auto text = ReadWholeFile(path);
  if (!text) return text.error();
  return ParseConfig(*text, path, options);
}

std::string ToYaml(const Config& config) { return yaml::Write(SectionCodec<Config>::Write(config)); }

std::string ToYaml(const ScrapeConfig& config) { return yaml::Write(SectionCodec<ScrapeConfig>::Write(config)); }

}  // namespace vigia::config
