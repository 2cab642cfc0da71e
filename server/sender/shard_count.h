// How many shards a queue should have (surface.md 3.8; prometheus storage/remote/queue_manager.go).
#pragma once

#include <cstdint>

#include "storage/model/timestamp.h"

namespace vigia::server {

// What happened since the start of the queue.
struct QueueTotals {
  double samples_in = 0;       // Taken in, dropped ones included.
  double samples_dropped = 0;  // By relabelling, age or kind.
  double samples_out = 0;      // Delivered or refused.
  double send_seconds = 0;     // Time that requests took, of all shards together.
};

// Thread-compatible.
class ShardCount {
 public:
  static constexpr storage::DurationMs kInterval = 10'000;

  ShardCount(std::int64_t min, std::int64_t max) : min_(min), max_(max) {}

  // Every kInterval. `delay_seconds`: how far the newest delivered sample lies behind the newest one that came.
  // Returns how many shards there should be, given that there are `now`.
  std::int64_t Tick(const QueueTotals& totals, double delay_seconds, std::int64_t now);
  double desired() const { return desired_; }

 private:
  // An exponentially weighted rate per second.
  struct Rate {
    double last_total = 0;
    double per_second = 0;
    bool started = false;
    void Tick(double total);
  };

  const std::int64_t min_;
  const std::int64_t max_;
  Rate in_;
  Rate out_;
  Rate dropped_;
  Rate seconds_;
  double desired_ = 0;
};

}  // namespace vigia::server
