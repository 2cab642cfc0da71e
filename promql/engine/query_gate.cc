#include "promql/engine/query_gate.h"

namespace vigia::promql {

storage::Status QueryGate::Enter(const std::stop_token& cancel, std::chrono::steady_clock::time_point deadline) {
  std::unique_lock lock(mu_);
  if (place_free_.wait_until(lock, cancel, deadline, [this] { return free_ > 0; })) {
    --free_;
    return {};
  }
  if (cancel.stop_requested()) {
    return storage::Error{storage::Errc::kCancelled, "query was canceled in query queue"};
  }
  return storage::Error{storage::Errc::kTimeout, "query timed out in query queue"};
}

void QueryGate::Leave() {
  {
    const std::lock_guard lock(mu_);
    ++free_;
  }
  place_free_.notify_one();
}

}  // namespace vigia::promql
