// What the API shows about targets: copies, taken at one moment.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/scrape/metadata_cache.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

enum class TargetHealth { kUnknown, kUp, kDown };

constexpr std::string_view ToString(TargetHealth health) {
  switch (health) {
    case TargetHealth::kUnknown: return "unknown";
    case TargetHealth::kUp: return "up";
    case TargetHealth::kDown: return "down";
  }
  return "unknown";
}

struct ActiveTarget {
  storage::Labels discovered_labels;
  storage::Labels labels;
  std::string pool;
  std::string url;
  std::string last_error;                   // "" when the last scrape was good.
  storage::TimestampMs last_scrape_ms = 0;  // 0: never.
  double last_duration_seconds = 0;
  TargetHealth health = TargetHealth::kUnknown;
  storage::DurationMs interval_ms = 0;
  storage::DurationMs timeout_ms = 0;
};

struct DroppedTarget {
  storage::Labels discovered_labels;
  std::string pool;
};

struct TargetsSnapshot {
  std::vector<ActiveTarget> active;                     // By pool, then by URL.
  std::vector<DroppedTarget> dropped;                   // At most keep_dropped_targets of each pool.
  std::map<std::string, std::uint64_t> dropped_counts;  // Of each pool, all of them.
};

struct TargetMetadata {
  storage::Labels target;  // Its labels.
  std::vector<MetricMetadata> metadata;
};

}  // namespace vigia::server
