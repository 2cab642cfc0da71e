#include "server/sender/queue_metrics.h"

namespace vigia::server {

using storage::Counter;
using storage::Gauge;

namespace {

const char* WhatOf(const std::string& kind) {
  if (kind == "samples") return "samples";
  return kind == "histograms" ? "histograms" : "exemplars";
}

}  // namespace

Counter& QueueMetrics::MakeCounter(const std::string& name, const char* help, const char* reason) {
  storage::LabelsBuilder labels(labels_);
  if (reason != nullptr) labels.Set("reason", reason);
  made_.emplace_back(name, labels.Build());
  return registry_.AddCounter(name, help, made_.back().second);
}

Gauge& QueueMetrics::MakeGauge(const std::string& name, const char* help) {
  made_.emplace_back(name, labels_);
  return registry_.AddGauge(name, help, labels_);
}

KindMetrics QueueMetrics::MakeKind(const std::string& kind) {
  const std::string prefix = "prometheus_remote_storage_" + kind;
  const std::string what = WhatOf(kind);
  const auto help = [&](const char* before, const char* after) { return before + what + after; };
  const std::string dropped = help("Total number of ", " which were dropped instead of being sent.");
  return {
      MakeCounter(prefix + "_total", help("Total number of ", " sent to remote storage.").c_str()),
      MakeCounter(prefix + "_failed_total",
                  help("Total number of ", " which failed on send to remote storage, non-recoverable errors.").c_str()),
      MakeCounter(prefix + "_retried_total",
                  help("Total number of ",
                       " which failed on send to remote storage but were retried because the send error was "
                       "recoverable.")
                      .c_str()),
      MakeGauge(prefix + "_pending",
                help("The number of ", " pending in the queues shards to be sent to the remote storage.").c_str()),
      MakeCounter(prefix + "_dropped_total", dropped.c_str(), "too_old"),
      MakeCounter(prefix + "_dropped_total", dropped.c_str(), "dropped_series")};
}

QueueMetrics::QueueMetrics(storage::Registry& registry, const std::string& remote_name, const std::string& url)
    : registry_(registry),
      remote_name_(remote_name),
      url_(url),
      labels_({{"remote_name", remote_name}, {"url", url}}),
      samples(MakeKind("samples")),
      histograms(MakeKind("histograms")),
      exemplars(MakeKind("exemplars")),
      nhcb_dropped(MakeCounter("prometheus_remote_storage_histograms_dropped_total", "", "nhcb_in_rw1_not_supported")),
      metadata_sent(MakeCounter("prometheus_remote_storage_metadata_total",
                                "Total number of metadata entries sent to remote storage.")),
      metadata_failed(MakeCounter("prometheus_remote_storage_metadata_failed_total",
                                  "Total number of metadata entries which failed on send to remote storage, "
                                  "non-recoverable errors.")),
      metadata_retried(MakeCounter("prometheus_remote_storage_metadata_retried_total",
                                   "Total number of metadata entries which failed on send to remote storage but were "
                                   "retried because the send error was recoverable.")),
      bytes(MakeCounter("prometheus_remote_storage_bytes_total",
                        "The total number of bytes of data (not metadata) sent by the queue after compression.")),
      metadata_bytes(MakeCounter("prometheus_remote_storage_metadata_bytes_total",
                                 "The total number of bytes of metadata sent by the queue after compression.")),
      enqueue_retries(MakeCounter("prometheus_remote_storage_enqueue_retries_total",
                                  "Total number of times enqueue has failed because a shards queue was full.")),
      batch_seconds(registry.AddHistogram(
          "prometheus_remote_storage_sent_batch_duration_seconds", "Duration of send calls to the remote storage.",
          {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 25, 60, 120, 300}, labels_)),
      highest(MakeGauge("prometheus_remote_storage_queue_highest_timestamp_seconds",
                        "Timestamp that was enqueued into the remote storage queue, highest one, in seconds since "
                        "epoch.")),
      highest_sent(MakeGauge("prometheus_remote_storage_queue_highest_sent_timestamp_seconds",
                             "Timestamp from a WAL sample, the highest timestamp successfully sent by this queue, in "
                             "seconds since epoch. Initialized to 0 when no data has been sent yet.")),
      shards(MakeGauge("prometheus_remote_storage_shards",
                       "The number of shards used for parallel sending to the remote storage.")),
      shards_min(MakeGauge("prometheus_remote_storage_shards_min",
                           "The minimum number of shards that the queue is allowed to run.")),
      shards_max(MakeGauge("prometheus_remote_storage_shards_max",
                           "The maximum number of shards that the queue is allowed to run.")),
      shards_desired(MakeGauge("prometheus_remote_storage_shards_desired",
                               "The number of shards that the queues shard calculation wants to run based on the rate "
                               "of samples in vs. samples out.")),
      shard_capacity(MakeGauge("prometheus_remote_storage_shard_capacity",
                               "The capacity of each shard of the queue used for parallel sending to the remote "
                               "storage.")),
      max_samples_per_send(MakeGauge("prometheus_remote_storage_max_samples_per_send",
                                     "The maximum number of samples to be sent, in a single request, to the remote "
                                     "storage. Note that, when sending of exemplars over remote write is enabled, "
                                     "exemplars count towards this limt.")),
      overflows(MakeCounter("vigia_remote_storage_queue_overflows_total",
                            "Times that the queue of a remote was full, so that what followed has to be read from "
                            "storage.")),
      recovered(MakeCounter("vigia_remote_storage_recovered_samples_total",
                            "Samples that were read from storage to be sent.")),
      unreadable(MakeCounter("vigia_remote_storage_unreadable_series_total",
                             "Series that could not be read from storage to be sent.")),
      label_flushes(MakeCounter("vigia_remote_storage_label_cache_flushes_total",
                                "Times that the cache of relabelled series was full and began anew.")),
      position_failures(MakeGauge("vigia_remote_storage_position_failures",
                                  "Writes of the position of a remote to the disk that failed.")),
      behind_seconds(
          MakeGauge("vigia_remote_storage_behind_seconds",
                    "Age of the oldest stored sample that the remote has not acknowledged; 0: it has all.")) {
  made_.emplace_back("prometheus_remote_storage_sent_batch_duration_seconds", labels_);
}

QueueMetrics::~QueueMetrics() {
  for (const auto& [name, labels] : made_) registry_.Remove(name, labels);
}

void QueueMetrics::Raise(std::atomic<storage::TimestampMs>& newest, Gauge& gauge, storage::TimestampMs t) {
  storage::TimestampMs seen = newest.load(std::memory_order_relaxed);
  while (t > seen) {
    if (!newest.compare_exchange_weak(seen, t, std::memory_order_relaxed)) continue;
    gauge.Set(static_cast<double>(t) / 1000);
    return;
  }
}

double QueueMetrics::DelaySeconds() const {
  const storage::TimestampMs sent = highest_sent_ms_.load();
  return sent == 0 ? 0 : static_cast<double>(highest_ms_.load() - sent) / 1000;
}

}  // namespace vigia::server
