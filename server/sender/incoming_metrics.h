// What is stored, as the metrics of remote write count it: before the queues.
#pragma once

#include <atomic>

#include "storage/api/commit_listener.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// Thread-safe.
class IncomingMetrics {
 public:
  explicit IncomingMetrics(storage::Registry& registry);
  void Count(const storage::CommittedBatch& batch);

 private:
  storage::Counter& samples_;
  storage::Counter& histograms_;
  storage::Counter& exemplars_;
  storage::Gauge& highest_seconds_;
  std::atomic<storage::TimestampMs> highest_ms_{0};
};

}  // namespace vigia::server
