// The times of what was stored and not delivered yet: all of it lies at or after oldest().
#pragma once

#include <map>
#include <memory>
#include <mutex>

#include "storage/model/timestamp.h"

namespace vigia::server {

// Thread-safe. Outlives its tickets.
class PendingTimes {
 public:
  // Something at or after a time is pending for as long as the ticket lives.
  class Ticket {
   public:
    Ticket(PendingTimes& times, storage::TimestampMs t) : times_(times), t_(t) { times_.Add(t_); }
    ~Ticket() { times_.Remove(t_); }
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;
    storage::TimestampMs t() const { return t_; }

   private:
    PendingTimes& times_;
    const storage::TimestampMs t_;
  };
  using TicketPtr = std::shared_ptr<const Ticket>;

  TicketPtr Issue(storage::TimestampMs t) { return std::make_shared<const Ticket>(*this, t); }

  // kMaxTimestampMs: nothing is pending.
  storage::TimestampMs oldest() const {
    const std::lock_guard lock(mu_);
    return counts_.empty() ? storage::kMaxTimestampMs : counts_.begin()->first;
  }

 private:
  void Add(storage::TimestampMs t) {
    const std::lock_guard lock(mu_);
    ++counts_[t];
  }
  void Remove(storage::TimestampMs t) {
    const std::lock_guard lock(mu_);
    const auto at = counts_.find(t);
    if (--at->second == 0) counts_.erase(at);
  }

  mutable std::mutex mu_;
  std::map<storage::TimestampMs, std::size_t> counts_;
};

}  // namespace vigia::server
