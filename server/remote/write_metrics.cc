#include "server/remote/write_metrics.h"

namespace vigia::server {

WriteMetrics::WriteMetrics(storage::Registry& registry, std::function<bool()> elsewhere)
    : counted_elsewhere(std::move(elsewhere)),
      invalid_labels(registry.AddCounter("prometheus_api_remote_write_invalid_labels_samples_total",
                                         "The total number of received remote write samples and histogram samples "
                                         "which were rejected due to invalid labels.")),
      without_metadata(registry.AddCounter("prometheus_api_remote_write_without_metadata_appended_samples_total",
                                           "The total number of received remote write samples (and histogram samples) "
                                           "which were ingested without corresponding metadata.")),
      samples_in(registry.AddCounter("prometheus_remote_storage_samples_in_total",
                                     "Samples in to remote storage, compare to samples out for queue managers.")),
      histograms_in(
          registry.AddCounter("prometheus_remote_storage_histograms_in_total",
                              "HistogramSamples in to remote storage, compare to histograms out for queue managers.")),
      exemplars_in(registry.AddCounter("prometheus_remote_storage_exemplars_in_total",
                                       "Exemplars in to remote storage, compare to exemplars out for queue managers.")),
      too_large(registry.AddCounter("vigia_remote_write_too_large_total",
                                    "Remote write requests refused because of their decompressed size.")),
      undecodable(registry.AddCounter("vigia_remote_write_undecodable_total",
                                      "Remote write requests refused because they could not be decoded.")),
      unsupported(registry.AddCounter("vigia_remote_write_unsupported_total",
                                      "Remote write requests refused because of their content type or encoding.")),
      refused_samples(registry.AddCounter("vigia_remote_write_refused_samples_total",
                                          "Received samples that caused the answer 400.")),
      too_far_ahead(registry.AddCounter("vigia_remote_write_too_far_ahead_samples_total",
                                        "Received samples that are too far in the future.")),
      dropped_exemplars(registry.AddCounter("vigia_remote_write_dropped_exemplars_total",
                                            "Received exemplars that were not stored.")),
      shortened_errors(registry.AddCounter("vigia_remote_write_shortened_errors_total",
                                           "Answers with more errors than were sent back.")),
      cache_flushes(registry.AddCounter("vigia_remote_write_series_cache_flushes_total",
                                        "Times that the cache of received series was full and began anew.")),
      highest_seconds_(registry.AddGauge("prometheus_remote_storage_highest_timestamp_in_seconds",
                                         "Highest timestamp that has come into the remote storage via the Appender "
                                         "interface, in seconds since epoch. Initialized to 0 when no data has been "
                                         "received yet. Deprecated, check "
                                         "prometheus_remote_storage_queue_highest_timestamp_seconds which is more "
                                         "accurate.")) {}

void WriteMetrics::RaiseHighest(storage::TimestampMs t) {
  storage::TimestampMs seen = highest_ms_.load(std::memory_order_relaxed);
  while (t > seen) {
    if (!highest_ms_.compare_exchange_weak(seen, t, std::memory_order_relaxed)) continue;
    highest_seconds_.Set(static_cast<double>(t / 1000));
    return;
  }
}

}  // namespace vigia::server
