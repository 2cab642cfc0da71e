// What the engine tells about itself (surface.md 1.13, row engine), and about limits that were hit.
#pragma once

#include <array>

#include "promql/value/value.h"
#include "storage/telemetry/registry.h"

namespace vigia::promql {

enum class QueryLimit { kSamples, kMemory, kTimeout, kQueueTimeout, kQueueFull, kTextBytes };

// Thread-safe. The registry must outlive it.
class EngineMetrics {
 public:
  EngineMetrics(storage::Registry& registry, int max_concurrency);

  void QueryStarted() { queries_.Add(1); }
  void QueryEnded(const QueryStats& stats);
  void LimitHit(QueryLimit limit) { limit_hits_[static_cast<std::size_t>(limit)]->Add(1); }
  void Cancelled() { cancelled_.Add(1); }
  void Slow() { slow_.Add(1); }
  void TopEvicted() { top_evictions_.Add(1); }
  void LogEnabled(double enabled) { log_enabled_.Set(enabled); }
  void LogFailed() { log_failures_.Add(1); }

 private:
  struct Slice {
    Slice(storage::Registry& registry, std::string_view name);
    void Observe(double seconds);
    storage::Summary& summary;
    storage::Histogram& histogram;
  };
  storage::Gauge& queries_;
  storage::Counter& samples_;
  storage::Counter& samples_read_;
  Slice queue_, prepare_, evaluation_, sort_;
  std::array<storage::Counter*, 6> limit_hits_{};  // By QueryLimit.
  storage::Counter& cancelled_;
  storage::Counter& slow_;
  storage::Counter& top_evictions_;
  storage::Gauge& log_enabled_;
  storage::Counter& log_failures_;
};

}  // namespace vigia::promql
