#include "promql/engine/query_gate.h"

namespace vigia::promql {

Turn QueryGate::Enter(const std::stop_token& cancel, std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mu_);
  if (free_ <= 0) {
    if (waiting_ >= max_waiting_) return Turn::kQueueFull;
    ++waiting_;
    const bool granted = place_free_.wait_until(lock, cancel, deadline, [this] { return free_ > 0; });
    --waiting_;
    if (!granted) return cancel.stop_requested() ? Turn::kCancelled : Turn::kTimedOut;
  }
  --free_;
  return Turn::kGranted;
}

void QueryGate::Leave() {
  {
    const std::lock_guard lock(mu_);
    ++free_;
  }
  place_free_.notify_one();
}

}  // namespace vigia::promql
