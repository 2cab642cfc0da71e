// What the engine tells about itself (surface.md 1.13, row engine).
#pragma once

#include "promql/value/value.h"
#include "storage/telemetry/registry.h"

namespace vigia::promql {

// Thread-safe. The registry must outlive it.
class EngineMetrics {
 public:
  EngineMetrics(storage::Registry& registry, int max_concurrency);

  void QueryStarted() { queries_.Add(1); }
  void QueryEnded(const QueryStats& stats);

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
};

}  // namespace vigia::promql
