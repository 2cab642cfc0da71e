// Instruments of one remote: Prometheus' names and meanings.
#pragma once

#include <atomic>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "server/sender/outgoing.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// The three kinds of things that are sent have the same counters each.
struct KindMetrics {
  storage::Counter& sent;  // Delivered or refused.
  storage::Counter& failed;
  storage::Counter& retried;
  storage::Gauge& pending;
  storage::Counter& too_old;
  storage::Counter& dropped_series;
};

// Thread-safe. While it lives, no other one of the same labels may.
class QueueMetrics {
 public:
  QueueMetrics(storage::Registry& registry, const std::string& remote_name, const std::string& url);
  ~QueueMetrics();
  QueueMetrics(const QueueMetrics&) = delete;
  QueueMetrics& operator=(const QueueMetrics&) = delete;

  void RaiseHighest(storage::TimestampMs t) { Raise(highest_ms_, highest, t); }
  void RaiseHighestSent(storage::TimestampMs t) { Raise(highest_sent_ms_, highest_sent, t); }
  const std::string& remote_name() const { return remote_name_; }
  const std::string& url() const { return url_; }
  // Of the newest delivered sample behind the newest one that came; 0 while nothing was delivered.
  double DelaySeconds() const;

 private:
  storage::Registry& registry_;
  const std::string remote_name_;
  const std::string url_;
  const storage::Labels labels_;
  std::vector<std::pair<std::string, storage::Labels>> made_;  // To be removed.
  std::atomic<storage::TimestampMs> highest_ms_{0};
  std::atomic<storage::TimestampMs> highest_sent_ms_{0};

  storage::Counter& MakeCounter(const std::string& name, const char* help, const char* reason = nullptr);
  storage::Gauge& MakeGauge(const std::string& name, const char* help);
  KindMetrics MakeKind(const std::string& kind);
  static void Raise(std::atomic<storage::TimestampMs>& newest, storage::Gauge& gauge, storage::TimestampMs t);

 public:
  KindMetrics samples;
  KindMetrics histograms;
  KindMetrics exemplars;
  storage::Counter& nhcb_dropped;
  storage::Counter& metadata_sent;
  storage::Counter& metadata_failed;
  storage::Counter& metadata_retried;
  storage::Counter& bytes;
  storage::Counter& metadata_bytes;
  storage::Counter& enqueue_retries;
  storage::Histogram& batch_seconds;
  storage::Gauge& highest;
  storage::Gauge& highest_sent;
  storage::Gauge& shards;
  storage::Gauge& shards_min;
  storage::Gauge& shards_max;
  storage::Gauge& shards_desired;
  storage::Gauge& shard_capacity;
  storage::Gauge& max_samples_per_send;
  // What Prometheus has not.
  storage::Counter& overflows;        // The queue in memory was full: storage has the rest.
  storage::Counter& recovered;        // Samples that were read from storage to be sent.
  storage::Counter& unreadable;       // Series that could not be read from storage.
  storage::Counter& label_flushes;    // The cache of labels was full and began anew.
  storage::Gauge& position_failures;  // Writes of the position that failed.
  storage::Gauge& behind_seconds;     // Age of the oldest sample that is not delivered.
};

inline KindMetrics& KindOf(QueueMetrics& metrics, const Outgoing& item) {
  if (item.exemplar) return metrics.exemplars;
  return item.h ? metrics.histograms : metrics.samples;
}

}  // namespace vigia::server
