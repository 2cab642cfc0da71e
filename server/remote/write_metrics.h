// Instruments of the remote write receiver.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

#include "storage/model/timestamp.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// Thread-safe.
class WriteMetrics {
 public:
  // While `elsewhere`, if there is one, says so, what came in is counted by those who send it on.
  explicit WriteMetrics(storage::Registry& registry, std::function<bool()> elsewhere = {});
  void RaiseHighest(storage::TimestampMs t);

  const std::function<bool()> counted_elsewhere;
  // Prometheus' names and meanings.
  storage::Counter& invalid_labels;
  storage::Counter& without_metadata;
  storage::Counter& samples_in;
  storage::Counter& histograms_in;
  storage::Counter& exemplars_in;

  storage::Counter& too_large;          // Requests above the limit of decoded bytes.
  storage::Counter& undecodable;        // Requests with corrupt compression or a malformed message.
  storage::Counter& unsupported;        // Requests with a content type or encoding that is not taken.
  storage::Counter& refused_samples;    // Samples because of which a request was answered with 400.
  storage::Counter& too_far_ahead;      // Of them, those too far in the future.
  storage::Counter& dropped_exemplars;  // Exemplars that were not taken.
  storage::Counter& shortened_errors;   // Answers that do not name every refused sample.
  storage::Counter& cache_flushes;      // The cache of series was full and began anew.

 private:
  storage::Gauge& highest_seconds_;
  std::atomic<storage::TimestampMs> highest_ms_{0};
};

}  // namespace vigia::server
