// The configuration file, checked and complete (surface.md 3). Immutable once loaded and shared by all who read it; a
// reload makes a new one, and a file with an error makes none.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/alerting_config.h"
#include "config/schema/global_config.h"
#include "config/schema/otlp_config.h"
#include "config/schema/remote_config.h"
#include "config/schema/remote_read_config.h"
#include "config/schema/scrape_config.h"
#include "config/schema/storage_config.h"
#include "storage/model/error.h"

namespace vigia::config {

struct RuntimeConfig {
  std::int64_t gogc = 75;  // Accepted for compatibility: nothing here is garbage collected.

  bool operator==(const RuntimeConfig&) const = default;
};

struct Config {
  GlobalConfig global;
  RuntimeConfig runtime;
  AlertingConfig alerting;
  std::vector<std::string> rule_files;           // Resolved patterns; ExpandGlobs() gives the files.
  std::vector<std::string> scrape_config_files;  // Resolved patterns.
  std::vector<ScrapeConfig> scrape_configs;      // Of this file, then those of scrape_config_files.
  std::size_t own_scrape_configs = 0;            // How many of them are of this file.
  StorageConfig storage;
  OtlpConfig otlp;
  std::vector<RemoteWriteConfig> remote_write;
  std::vector<RemoteReadConfig> remote_read;

  std::string directory;              // Of the file; relative paths were resolved against it.
  std::vector<std::string> warnings;  // What the log should say about an accepted file, e.g. an undefined variable.
};

using ConfigPtr = std::shared_ptr<const Config>;

// Reads and checks a file. kIo when it cannot be read. kInvalid with one line of text per fault (at most 10), each
// "<file>:<line>: <path of the field>: <what is wrong>". Nothing unknown is accepted.
storage::Result<ConfigPtr> LoadConfig(const std::string& path);

// The same for a text; relative paths are resolved against the folder of `file_name`.
storage::Result<ConfigPtr> ParseConfig(std::string_view text, const std::string& file_name);

// The files that match the patterns: `*`, `?` and [..] in the last path segment. Sorted within a pattern, each file
// once. A pattern or path that matches nothing adds nothing, as with Prometheus (LoadConfig warns of such a path).
storage::Result<std::vector<std::string>> ExpandGlobs(const std::vector<std::string>& patterns);

// The configuration as /api/v1/status/config shows it: defaults filled in, secrets masked, in Prometheus' order and
// layout, fields that are empty by default left out.
std::string ToYaml(const Config& config);
// One scrape configuration in the same way, for /api/v1/scrape_pools/config.
std::string ToYaml(const ScrapeConfig& config);

// A list of relabelling rules as written in a file, for the relabel debugger and its tests.
storage::Result<std::vector<RelabelRule>> ParseRelabelRules(std::string_view text, const std::string& origin,
                                                            NameValidation validation);

// Every field of the configuration file as Markdown tables: name, type, default, meaning.
std::string FieldReference();

}  // namespace vigia::config
