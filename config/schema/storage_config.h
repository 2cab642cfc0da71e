// The `storage` section: what of the storage may change while the server runs (surface.md 3.9). A value that is not set
// leaves the command line's in force.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

struct RetentionConfig {
  std::optional<storage::DurationMs> time_ms;
  std::optional<std::uint64_t> size_bytes;
  std::optional<double> percentage;  // Of the disk, 0..100.

  bool operator==(const RetentionConfig&) const = default;
};

struct TsdbConfig {
  storage::DurationMs out_of_order_time_window_ms = 0;
  double stale_series_compaction_threshold = 0;  // 0..1; accepted for compatibility.
  std::string chunk_encoding_floats;             // "", "xor" or "xor2"; accepted for compatibility.
  std::optional<RetentionConfig> retention;

  bool operator==(const TsdbConfig&) const = default;
};

struct ExemplarsConfig {
  std::int64_t max_exemplars = 0;  // 0 or less keeps none.

  bool operator==(const ExemplarsConfig&) const = default;
};

// A series selector as in PromQL.
struct SeriesSelector {
  std::string text;
  std::vector<storage::Matcher> matchers;

  bool operator==(const SeriesSelector& other) const { return text == other.text; }
};

// How long series are kept that match one of the selectors. The first policy of the list that matches counts.
struct RetentionPolicyConfig {
  std::vector<SeriesSelector> match;
  storage::DurationMs time_ms = 0;

  bool operator==(const RetentionPolicyConfig&) const = default;
};

// Which series are brought to which resolution once their samples are older than `after`. Of the rules that match a
// series the coarsest that is due counts.
struct DownsamplingConfig {
  std::vector<SeriesSelector> match;
  storage::DurationMs after_ms = 0;
  storage::DurationMs resolution_ms = 0;

  bool operator==(const DownsamplingConfig&) const = default;
};

struct StorageConfig {
  std::optional<TsdbConfig> tsdb;
  std::optional<ExemplarsConfig> exemplars;  // Not set = 100000.
  std::vector<RetentionPolicyConfig> retention_policies;
  std::vector<DownsamplingConfig> downsampling;

  std::int64_t max_exemplars() const { return exemplars ? exemplars->max_exemplars : 100'000; }
  storage::DurationMs out_of_order_time_window_ms() const { return tsdb ? tsdb->out_of_order_time_window_ms : 0; }
  bool operator==(const StorageConfig&) const = default;
};

}  // namespace vigia::config
