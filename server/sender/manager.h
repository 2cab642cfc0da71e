// All remotes of the configuration, told of every commit.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <string>
#include <vector>

#include "config/schema/config.h"
#include "server/sender/incoming_metrics.h"
#include "server/sender/queue.h"
#include "storage/api/commit_listener.h"

namespace vigia::server {

struct SenderDeps {
  QueueDeps queue;
  storage::Registry& registry;
  // For one entry of the configuration; kInvalid when its settings cannot work.
  std::function<storage::Result<std::shared_ptr<RemoteTransport>>(const config::RemoteWriteConfig&)> transport;
  std::string folder;  // For the positions; made when it is needed.
  storage::DurationMs flush_deadline_ms = 60'000;
};

// Thread-safe.
class RemoteWriteSender final : public storage::CommitListener {
 public:
  explicit RemoteWriteSender(SenderDeps deps) : deps_(std::move(deps)), incoming_(deps_.registry) {}
  ~RemoteWriteSender() override;
  RemoteWriteSender(const RemoteWriteSender&) = delete;
  RemoteWriteSender& operator=(const RemoteWriteSender&) = delete;

  // The remotes and external labels from now on. A remote whose settings are the same goes on; one whose settings
  // changed goes on where it was; what a removed one had not got is forgotten. After an error the remotes that it does
  // not name are as told.
  storage::Status Apply(const config::Config& config);

  std::unique_ptr<storage::CommitWatch> WillCommit(storage::TimestampMs oldest_ms) override;

  // Whether there are remotes.
  bool any() const { return any_.load(std::memory_order_acquire); }

  // Nothing is sent any more; commits that come later keep the positions right. Call it when commits have ended.
  void Stop();

 private:
  class Watch;
  struct Entry {
    std::string identity;  // Name or URL: what the position belongs to.
    std::shared_ptr<RemoteQueue> queue;
  };
  std::string PositionPath(const std::string& identity) const;
  storage::Status MakeFolder() const;
  void ForgetOthers() const;
  storage::Result<Entry> Make(const config::RemoteWriteConfig& remote, const storage::Labels& external_labels,
                              const std::string& identity, const Entry* replaced) const;
  void Replace(std::vector<Entry> next);

  const SenderDeps deps_;
  IncomingMetrics incoming_;
  std::mutex apply_mu_;  // One Apply() or Stop() at a time. Taken before queues_mu_.
  bool stopped_ = false;
  mutable std::shared_mutex queues_mu_;
  std::vector<Entry> entries_;  // Changed with both locks held.
  std::atomic<bool> any_{false};
};

}  // namespace vigia::server
