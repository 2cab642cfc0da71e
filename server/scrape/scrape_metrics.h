// The server's own metrics about scraping (surface.md 1.13).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/timestamp.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// References stay good while the registry lives, which outlives this. Thread-safe.
class ScrapeMetrics {
 public:
  explicit ScrapeMetrics(storage::Registry& registry);
  ~ScrapeMetrics();
  ScrapeMetrics(const ScrapeMetrics&) = delete;
  ScrapeMetrics& operator=(const ScrapeMetrics&) = delete;

  storage::Counter& pools;
  storage::Counter& pools_failed;
  storage::Counter& pool_reloads;
  storage::Counter& pool_reloads_failed;
  storage::Counter& exceeded_target_limit;
  storage::Counter& exceeded_label_limits;
  storage::Counter& exceeded_sample_limit;
  storage::Counter& exceeded_body_size_limit;
  storage::Counter& exceeded_bucket_limit;
  storage::Counter& duplicate_timestamp;
  storage::Counter& out_of_order;
  storage::Counter& out_of_bounds;
  storage::Counter& exemplar_out_of_order;
  storage::Counter& cache_flush_forced;
  storage::Histogram& scrape_duration_seconds;

  // Labelled by interval, as Go prints it: "15s", "1m0s".
  storage::Summary& IntervalLength(storage::DurationMs interval_ms);
  storage::Summary& ReloadLength(storage::DurationMs interval_ms);

  // Labelled by scrape_job.
  struct Pool {
    storage::Gauge& targets;
    storage::Gauge& target_limit;
    storage::Counter& syncs;
    storage::Counter& sync_failed;
    storage::Summary& sync_length_seconds;
  };
  Pool ForPool(std::string_view job);
  // Nobody may use what ForPool() gave any more.
  void RemovePool(std::string_view job);

  // Families and bytes that the metadata caches of a job's targets hold more (or less) than before.
  void AddMetadata(const std::string& job, std::int64_t entries, std::int64_t bytes);

 private:
  struct MetadataSize {
    std::int64_t entries = 0;
    std::int64_t bytes = 0;
  };
  std::vector<storage::CollectedPoint> MetadataPoints(std::int64_t MetadataSize::*field) const;

  storage::Registry& registry_;
  mutable std::mutex mu_;  // The registry calls MetadataPoints() under its lock: never call it while holding this one.
  std::map<std::string, MetadataSize> metadata_;
};

// A duration as Go's time.Duration prints it.
std::string GoDuration(storage::DurationMs duration_ms);

}  // namespace vigia::server
