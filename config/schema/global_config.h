// The `global` section: what other sections inherit (surface.md 3.2).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/relabel/name_validation.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

enum class ScrapeProtocol {
  kPrometheusProto,
  kOpenMetricsText1_0_0,
  kOpenMetricsText0_0_1,
  kPrometheusText1_0_0,
  kPrometheusText0_0_4,
};
std::string_view ToString(ScrapeProtocol protocol);

// How names that the server does not accept are asked to be escaped (surface.md 5.7).
enum class EscapingScheme { kAllowUtf8, kUnderscores, kDots, kValues };
std::string_view ToString(EscapingScheme scheme);

struct GlobalConfig {
  storage::DurationMs scrape_interval_ms = 60'000;
  storage::DurationMs scrape_timeout_ms = 10'000;
  std::vector<ScrapeProtocol> scrape_protocols;  // Empty = not given; scrape configurations then choose the default.
  storage::DurationMs evaluation_interval_ms = 60'000;
  storage::DurationMs rule_query_offset_ms = 0;
  std::string query_log_file;               // Resolved; "" = none.
  std::string scrape_failure_log_file;      // Resolved; "" = none.
  storage::Labels external_labels;          // Environment variables expanded.
  std::uint64_t body_size_limit_bytes = 0;  // 0 = no limit, here and below.
  std::uint64_t sample_limit = 0;
  std::uint64_t target_limit = 0;
  std::uint64_t label_limit = 0;
  std::uint64_t label_name_length_limit = 0;
  std::uint64_t label_value_length_limit = 0;
  std::uint64_t keep_dropped_targets = 0;
  NameValidation metric_name_validation_scheme = NameValidation::kUtf8;
  std::optional<EscapingScheme> metric_name_escaping_scheme;  // Not set = follows the validation scheme.
  bool scrape_native_histograms = false;
  bool convert_classic_histograms_to_nhcb = false;
  bool always_scrape_classic_histograms = false;
  bool extra_scrape_metrics = false;

  bool operator==(const GlobalConfig&) const = default;
};

}  // namespace vigia::config
