// Everything about one remote: what was committed goes in, requests go out.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "config/schema/remote_config.h"
#include "server/log/log.h"
#include "server/sender/catch_up.h"
#include "server/sender/inbox.h"
#include "server/sender/pending_times.h"
#include "server/sender/position.h"
#include "server/sender/queue_metrics.h"
#include "server/sender/series_names.h"
#include "server/sender/shard_count.h"
#include "server/sender/shards.h"
#include "server/sender/transport.h"
#include "server/sender/write_request.h"
#include "storage/api/commit_listener.h"
#include "storage/api/querier.h"
#include "storage/model/clock.h"

namespace vigia::server {

struct QueueDeps {
  const storage::Queryable& storage;
  std::function<storage::Labels(storage::SeriesRef)> labels_of;
  std::function<std::vector<RemoteMetadata>()> metadata;  // Of scraped metrics, for version 1.
  storage::Clock clock;
  Logger log;
};

// Thread-safe, but for Start() and Stop(). The position on disk (position.h) always lies at or before the oldest sample
// that the remote has not acknowledged.
class RemoteQueue {
 public:
  // Takes in commits at once, and sends them after Start(). `metrics` may be those of a queue that ends before Start().
  RemoteQueue(config::RemoteWriteConfig config, storage::Labels external_labels,
              std::shared_ptr<RemoteTransport> transport, std::shared_ptr<QueueMetrics> metrics, QueueDeps deps);
  ~RemoteQueue();
  RemoteQueue(const RemoteQueue&) = delete;
  RemoteQueue& operator=(const RemoteQueue&) = delete;

  // Goes on where the file says that the remote was left; a new file begins now.
  storage::Status Start(const std::string& position_path);

  // Before a batch is committed, and after. The ticket is to be destroyed or handed back.
  PendingTimes::TicketPtr Expect(storage::TimestampMs oldest_ms);
  void Take(std::shared_ptr<const storage::CommittedBatch> batch, PendingTimes::TicketPtr ticket);

  // Sends what waits, for at most so long and only while the remote takes it; then ends. What is not delivered keeps
  // the position where it is. Commits may go on.
  void Stop(storage::DurationMs flush_ms);

  const config::RemoteWriteConfig& config() const { return config_; }
  const storage::Labels& external_labels() const { return external_labels_; }
  const std::shared_ptr<QueueMetrics>& metrics() const { return shared_metrics_; }

 private:
  void Run(const std::stop_token& stop);
  void Dispatch(const InboxBatch& item);
  bool Emit(Outgoing item, storage::SeriesRef ref);
  CatchUpDeps::Taken TakeRecovered(Outgoing item);
  bool MaySend(const Outgoing& item);
  bool Push();
  bool GoOn();
  void Tick();
  void Flush();
  void SendMetadata(const std::stop_token& stop);

  const config::RemoteWriteConfig config_;
  const storage::Labels external_labels_;
  const std::shared_ptr<RemoteTransport> transport_;
  const QueueDeps deps_;
  const Logger log_;
  const std::shared_ptr<QueueMetrics> shared_metrics_;
  QueueMetrics& metrics_;
  PendingTimes times_;
  Position position_;
  Inbox inbox_;

  std::atomic<std::chrono::steady_clock::time_point> flush_until_{std::chrono::steady_clock::time_point::max()};
  std::stop_source stop_;

  // Of the dispatcher alone.
  const DeliveryDeps delivery_;
  SeriesNames names_;
  Shards shards_;
  ShardCount shard_count_;
  CatchUp catch_up_;
  double samples_in_ = 0;
  storage::TimestampMs next_reshard_ms_ = 0;
  storage::TimestampMs next_tick_ms_ = 0;

  std::thread metadata_thread_;
  std::thread dispatcher_;
};

}  // namespace vigia::server
