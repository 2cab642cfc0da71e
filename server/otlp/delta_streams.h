// Adds up metrics of delta temporality (feature otlp-deltatocumulative), by the rules of the OpenTelemetry collector's
// deltatocumulative processor. The sums are in memory only: a restart begins anew, which queries see as a reset.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <unordered_map>

#include "server/otlp/metrics_data.h"
#include "storage/model/timestamp.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

struct DeltaLimits {
  std::size_t max_bytes = 256u << 20;            // Of all streams, about; deltas of further ones are left out.
  storage::DurationMs max_idle_ms = 5 * 60'000;  // A stream that is silent for longer begins anew.
};

// Thread-safe.
class DeltaStreams {
 public:
  explicit DeltaStreams(storage::Registry& registry, DeltaLimits limits = {});
  ~DeltaStreams();
  DeltaStreams(const DeltaStreams&) = delete;
  DeltaStreams& operator=(const DeltaStreams&) = delete;

  // Makes of a delta what the stream named `key` has counted so far. False: the point is not newer than the stream's
  // last one, began before the stream did, or there is no room; it was counted.
  bool Accumulate(const std::string& key, OtlpKind kind, OtlpPoint& point, storage::TimestampMs now_ms);

 private:
  struct Key {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const { return static_cast<std::size_t>(key.low); }
  };
  struct Stream {
    OtlpPoint total;  // Without attributes and exemplars.
    storage::TimestampMs seen_ms = 0;
    std::size_t bytes = 0;
  };

  void Begin(Stream& stream, const OtlpPoint& point);
  void Sweep(storage::TimestampMs now_ms);

  storage::Registry& registry_;
  const DeltaLimits limits_;
  const std::uint64_t seed_;
  storage::Counter& dropped_;
  storage::Counter& refused_;

  mutable std::mutex mu_;  // Guards what follows.
  std::unordered_map<Key, Stream, KeyHash> streams_;
  std::size_t bytes_ = 0;
  storage::TimestampMs last_sweep_ms_ = 0;
};

// Passes everything on, deltas as sums. For one request; references outlive it.
class DeltaAccumulator final : public OtlpVisitor {
 public:
  DeltaAccumulator(DeltaStreams& streams, OtlpVisitor& next, storage::TimestampMs now_ms)
      : streams_(streams), next_(next), now_ms_(now_ms) {}

  void BeginResource(const OtlpAttributes& attributes) override;
  void BeginScope(const OtlpScope& scope) override;
  void BeginMetric(const OtlpMetric& metric) override;
  void TakePoint(const OtlpPoint& point) override;
  void EndResource() override { next_.EndResource(); }

 private:
  DeltaStreams& streams_;
  OtlpVisitor& next_;
  const storage::TimestampMs now_ms_;
  std::string resource_key_;
  std::string scope_key_;
  std::string metric_key_;
  OtlpKind kind_ = OtlpKind::kNone;
  bool accumulates_ = false;
};

}  // namespace vigia::server
