// Drops days that are past retention, and series that have nothing left.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <unordered_set>

#include "storage/head/metrics.h"
#include "storage/head/series_map.h"
#include "storage/maintenance/policies.h"
#include "storage/maintenance/run_store.h"
#include "storage/wal/log.h"

namespace vigia::storage {

struct RetentionLimits {
  DurationMs time_ms = 0;        // 0: no limit.
  std::uint64_t size_bytes = 0;  // 0: no limit.
};

struct RetentionResult {
  std::size_t days_by_time = 0;
  std::size_t days_by_size = 0;
};

// One thread at a time (maintenance).
class Retention {
 public:
  Retention(Store& store, SeriesMap& series, RunStore& runs, const RetentionPolicies& policies, Log& log,
            HeadMetrics& metrics)
      : store_(store), series_(series), runs_(runs), policies_(policies), log_(log), metrics_(metrics) {}

  // `used_bytes` measures the data folder; it is asked again after each dropped day.
  Result<RetentionResult> Apply(const RetentionLimits& limits, TimestampMs now_ms,
                                const std::function<std::uint64_t()>& used_bytes);

  // Series may have nothing left for another reason than retention: the next Apply() looks. Any thread.
  void LookForGoneSeries() { forget_.store(true); }

 private:
  Status DropDay(std::int32_t day);
  Status ForgetSeries(TimestampMs now_ms);
  ColumnRanges Expired(const Target& target, TimestampMs oldest_row, TimestampMs now_ms) const;
  Status ForgetSleeper(Target& target, bool* waiting);
  Status WriteColumns(Target& target, bool changed, bool* waiting);
  Status ForgetLines();
  bool ForgetColumns(Target& target, TimestampMs oldest, const ColumnRanges& expired);

  Store& store_;
  SeriesMap& series_;
  RunStore& runs_;
  const RetentionPolicies& policies_;
  Log& log_;
  HeadMetrics& metrics_;
  std::atomic<bool> forget_{false};         // Series may have nothing left.
  std::unordered_set<TargetId> unwritten_;  // Targets whose columns in the catalog are not those in memory.
};

}  // namespace vigia::storage
