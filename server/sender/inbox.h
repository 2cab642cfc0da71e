// What was committed and waits to be dispatched: batches in memory up to a limit, and behind them a gap, a span of time
// that storage has to be asked for.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <variant>

#include "server/sender/pending_times.h"
#include "storage/api/commit_listener.h"

namespace vigia::server {

struct InboxBatch {
  std::shared_ptr<const storage::CommittedBatch> batch;
  PendingTimes::TicketPtr ticket;
  std::uint64_t arrival = 0;  // Ascending.
};

// Everything that was stored with these times, both inclusive.
struct Gap {
  PendingTimes::TicketPtr ticket;
  storage::TimestampMs oldest_ms = 0;
  storage::TimestampMs newest_ms = 0;
};

// Thread-safe; taken from by one thread.
class Inbox {
 public:
  // Batches are kept as long as fewer than `max_samples` wait.
  Inbox(std::size_t max_samples, PendingTimes& times) : max_samples_(max_samples), times_(times) {}

  // REQUIRES: readers see the batch. False: it is part of the gap.
  bool Put(std::shared_ptr<const storage::CommittedBatch> batch, PendingTimes::TicketPtr ticket);
  // Behind all that waits.
  void AddGap(storage::TimestampMs oldest_ms, storage::TimestampMs newest_ms);

  // The next one, oldest first; nothing after `timeout`, or when a stop is requested. With a gap taken, batches are
  // kept again.
  using Item = std::variant<std::monostate, InboxBatch, Gap>;
  Item Take(const std::stop_token& stop, std::chrono::milliseconds timeout);

  bool empty() const;
  // The arrival of the newest batch: a reader made after this call sees all batches up to it.
  std::uint64_t arrivals() const;

 private:
  void Widen(storage::TimestampMs oldest_ms, storage::TimestampMs newest_ms);

  const std::size_t max_samples_;
  PendingTimes& times_;
  mutable std::mutex mu_;
  std::condition_variable_any wake_;
  std::deque<InboxBatch> batches_;  // Guarded by mu_, as are the next ones.
  std::size_t samples_ = 0;
  std::optional<Gap> gap_;
  std::uint64_t arrivals_ = 0;
};

}  // namespace vigia::server
