// One entry of `scrape_configs`: a job (surface.md 3.3). What the file leaves out is already filled in, from `global`
// or with the default: who scrapes looks at no other place.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/relabel/relabel.h"
#include "config/schema/global_config.h"
#include "config/schema/http_client_config.h"
#include "config/schema/target_group.h"

namespace vigia::config {

using Params = std::vector<std::pair<std::string, std::vector<std::string>>>;  // Sorted by name.

struct ScrapeConfig {
  std::string job_name;
  bool honor_labels = false;
  bool honor_timestamps = true;
  bool track_timestamps_staleness = false;
  Params params;
  storage::DurationMs scrape_interval_ms = 60'000;
  storage::DurationMs scrape_timeout_ms = 10'000;  // At most the interval.
  std::vector<ScrapeProtocol> scrape_protocols;    // Not empty, no duplicates; most wanted first.
  std::optional<ScrapeProtocol> fallback_scrape_protocol;
  bool scrape_native_histograms = false;
  bool always_scrape_classic_histograms = false;
  bool convert_classic_histograms_to_nhcb = false;
  std::string scrape_failure_log_file;  // Resolved; "" = none.
  std::string metrics_path = "/metrics";
  std::string scheme = "http";  // Or "https".
  bool enable_compression = true;
  std::uint64_t body_size_limit_bytes = 0;  // 0 = no limit, here and below.
  std::uint64_t sample_limit = 0;
  std::uint64_t target_limit = 0;
  std::uint64_t label_limit = 0;
  std::uint64_t label_name_length_limit = 0;
  std::uint64_t label_value_length_limit = 0;
  std::uint64_t native_histogram_bucket_limit = 0;
  double native_histogram_min_bucket_factor = 0;
  std::uint64_t keep_dropped_targets = 0;
  NameValidation metric_name_validation_scheme = NameValidation::kUtf8;
  EscapingScheme metric_name_escaping_scheme = EscapingScheme::kAllowUtf8;
  bool extra_scrape_metrics = false;
  HttpClientConfig http;
  std::vector<RelabelRule> relabel_configs;
  std::vector<RelabelRule> metric_relabel_configs;
  DiscoveryConfig discovery;

  // Equal configurations need no new scrape pool on reload.
  bool operator==(const ScrapeConfig&) const = default;
};

}  // namespace vigia::config
