#include "server/sender/inbox.h"

#include <algorithm>

namespace vigia::server {

bool Inbox::Put(std::shared_ptr<const storage::CommittedBatch> batch, PendingTimes::TicketPtr ticket) {
  const std::lock_guard lock(mu_);
  ++arrivals_;
  if (gap_ || samples_ >= max_samples_) {
    // Exemplars alone are not worth a gap: they are not read back.
    if (batch->samples() > 0) Widen(batch->oldest_ms, batch->newest_ms);
    return false;
  }
  samples_ += batch->samples();
  batches_.push_back({std::move(batch), std::move(ticket), arrivals_});
  wake_.notify_one();
  return true;
}

void Inbox::AddGap(storage::TimestampMs oldest_ms, storage::TimestampMs newest_ms) {
  const std::lock_guard lock(mu_);
  Widen(oldest_ms, newest_ms);
  wake_.notify_one();
}

void Inbox::Widen(storage::TimestampMs oldest_ms, storage::TimestampMs newest_ms) {
  if (!gap_) {
    gap_ = Gap{times_.Issue(oldest_ms), oldest_ms, newest_ms};
    return;
  }
  gap_->newest_ms = std::max(gap_->newest_ms, newest_ms);
  if (oldest_ms >= gap_->oldest_ms) return;
  gap_->oldest_ms = oldest_ms;
  gap_->ticket = times_.Issue(oldest_ms);
}

Inbox::Item Inbox::Take(const std::stop_token& stop, std::chrono::milliseconds timeout) {
  std::unique_lock lock(mu_);
  wake_.wait_for(lock, stop, timeout, [&] { return !batches_.empty() || gap_; });
  if (stop.stop_requested()) return {};
  if (!batches_.empty()) {
    InboxBatch first = std::move(batches_.front());
    batches_.pop_front();
    samples_ -= first.batch->samples();
    return first;
  }
  if (!gap_) return {};
  Gap gap = *std::move(gap_);
  gap_.reset();
  return gap;
}

bool Inbox::empty() const {
  const std::lock_guard lock(mu_);
  return batches_.empty() && !gap_;
}

std::uint64_t Inbox::arrivals() const {
  const std::lock_guard lock(mu_);
  return arrivals_;
}

}  // namespace vigia::server
