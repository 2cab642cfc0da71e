// Lets a limited number of queries run at once; the others wait for their turn.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <mutex>
#include <stop_token>

namespace vigia::promql {

enum class Turn { kGranted, kTimedOut, kCancelled, kQueueFull };

// Thread-safe.
class QueryGate {
 public:
  QueryGate(int places, std::size_t max_waiting) : max_waiting_(max_waiting), free_(places) {}

  // Waits for a place, unless as many as may wait already do.
  Turn Enter(const std::stop_token& cancel, std::chrono::steady_clock::time_point deadline);
  // REQUIRES: Enter() granted a place.
  void Leave();

 private:
  const std::size_t max_waiting_;
  std::mutex mu_;
  std::condition_variable_any place_free_;
  int free_;                 // Guarded by mu_,
  std::size_t waiting_ = 0;  // as is this.
};

}  // namespace vigia::promql
