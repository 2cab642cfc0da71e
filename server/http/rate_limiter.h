// At most so many requests in a time (surface.md 3.11; golang.org/x/time/rate).
#pragma once

#include <algorithm>
#include <chrono>
#include <mutex>

namespace vigia::server {

// A bucket that holds `burst` tokens, gets one each `interval`, and is full at first. Thread-safe.
class RateLimiter {
 public:
  using Clock = std::chrono::steady_clock;

  RateLimiter(std::chrono::milliseconds interval, double burst) : interval_(interval), burst_(burst), tokens_(burst) {}

  // Takes a token, if there is one.
  bool Allow(Clock::time_point now) {
    const std::lock_guard lock(mu_);
    if (last_ == Clock::time_point()) last_ = now;
    if (now > last_) {
      tokens_ = std::min(burst_, tokens_ + std::chrono::duration<double>(now - last_) / interval_);
      last_ = now;
    }
    if (tokens_ < 1) return false;
    tokens_ -= 1;
    return true;
  }

 private:
  const std::chrono::duration<double> interval_;
  const double burst_;
  std::mutex mu_;
  double tokens_;  // Guarded by mu_, as is the next one.
  Clock::time_point last_;
};

}  // namespace vigia::server
