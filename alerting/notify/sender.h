// The queue of one Alertmanager and the thread that empties it.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "alerting/notify/alert.h"
#include "alerting/notify/transport.h"
#include "config/schema/alerting_config.h"
#include "storage/telemetry/registry.h"

namespace vigia::alerting {

// --alertmanager.*
struct NotifyOptions {
  std::size_t queue_capacity = 10'000;  // Of each Alertmanager. Above it the oldest alerts are dropped and counted.
  std::size_t max_batch = 256;
  bool drain_on_shutdown = true;
};

// Thread-safe.
class AlertSender {
 public:
  AlertSender(std::string url, std::shared_ptr<const config::AlertmanagerConfig> config, const NotifyOptions& options,
              Transport& transport, storage::Registry& registry, std::function<void(std::string_view)> warn);
  ~AlertSender();  // As Stop(kDrop).

  // Puts the alerts behind those that wait. Never blocks on the network. Does nothing once Stop() was called.
  void Push(std::span<const WireAlert> alerts);
  // Takes effect with the next request; what waits stays.
  void SetConfig(std::shared_ptr<const config::AlertmanagerConfig> config);

  enum class StopMode {
    kDrop,   // Cancels the request that is under way and drops what waits, counted.
    kDrain,  // Sends what waits first; gives up, dropping the rest, at the first failure.
  };
  // Returns when the thread has ended; no metric is touched afterwards.
  void Stop(StopMode mode);

  const std::string& url() const { return url_; }
  // REQUIRES: the sender of this URL was stopped.
  static void RemoveMetrics(storage::Registry& registry, const std::string& url);

 private:
  void Run(const std::stop_token& stop);
  bool SendBatch(std::stop_token cancel);  // False when it failed; true when there was nothing.
  std::vector<WireAlert> TakeBatch();
  void DropAll();

  const std::string url_;
  const NotifyOptions options_;
  Transport& transport_;
  const std::function<void(std::string_view)> warn_;
  storage::Counter& sent_;
  storage::Counter& errors_;
  storage::Counter& dropped_;
  storage::Gauge& queue_length_;
  storage::Summary& latency_seconds_;

  std::mutex mu_;  // Guards the following.
  std::condition_variable_any wake_;
  std::deque<WireAlert> queue_;
  std::shared_ptr<const config::AlertmanagerConfig> config_;
  bool draining_ = false;
  bool stopped_ = false;

  std::jthread thread_;  // Last: started when all else is there.
};

}  // namespace vigia::alerting
