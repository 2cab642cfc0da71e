#include "server/sender/incoming_metrics.h"

namespace vigia::server {

IncomingMetrics::IncomingMetrics(storage::Registry& registry)
    : samples_(registry.AddCounter("prometheus_remote_storage_samples_in_total",
                                   "Samples in to remote storage, compare to samples out for queue managers.")),
      histograms_(
          registry.AddCounter("prometheus_remote_storage_histograms_in_total",
                              "HistogramSamples in to remote storage, compare to histograms out for queue managers.")),
      exemplars_(registry.AddCounter("prometheus_remote_storage_exemplars_in_total",
                                     "Exemplars in to remote storage, compare to exemplars out for queue managers.")),
      highest_seconds_(registry.AddGauge("prometheus_remote_storage_highest_timestamp_in_seconds",
                                         "Highest timestamp that has come into the remote storage via the Appender "
                                         "interface, in seconds since epoch. Initialized to 0 when no data has been "
                                         "received yet. Deprecated, check "
                                         "prometheus_remote_storage_queue_highest_timestamp_seconds which is more "
                                         "accurate.")) {}

void IncomingMetrics::Count(const storage::CommittedBatch& batch) {
  samples_.Add(static_cast<double>(batch.floats.size()));
  histograms_.Add(static_cast<double>(batch.histograms.size()));
  exemplars_.Add(static_cast<double>(batch.exemplars.size()));
  storage::TimestampMs seen = highest_ms_.load(std::memory_order_relaxed);
  while (batch.samples() > 0 && batch.newest_ms > seen) {
    if (!highest_ms_.compare_exchange_weak(seen, batch.newest_ms, std::memory_order_relaxed)) continue;
    highest_seconds_.Set(static_cast<double>(batch.newest_ms / 1000));
    return;
  }
}

}  // namespace vigia::server
