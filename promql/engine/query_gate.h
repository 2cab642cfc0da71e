// Lets a limited number of queries run at once; the others wait for their turn.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

#include "storage/model/error.h"

namespace vigia::promql {

// Thread-safe.
class QueryGate {
 public:
  explicit QueryGate(int places) : free_(places) {}

  // Waits for a place. kTimeout "query timed out in query queue", kCancelled "query was canceled in query queue".
  storage::Status Enter(const std::stop_token& cancel, std::chrono::steady_clock::time_point deadline);
  // REQUIRES: Enter() succeeded.
  void Leave();

 private:
  std::mutex mu_;
  std::condition_variable_any place_free_;
  int free_;  // Guarded by mu_.
};

}  // namespace vigia::promql
