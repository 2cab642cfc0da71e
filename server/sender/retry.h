// When a request is sent again (surface.md 3.8).
#pragma once

#include <optional>
#include <string_view>

#include "storage/model/timestamp.h"

namespace vigia::server {

enum class Verdict {
  kDelivered,
  kRefused,  // Sending it again would not help.
  kAgain,
};

// What an HTTP status means for a request.
Verdict VerdictOf(int status, bool retry_on_429);

// The pause that a Retry-After header asks for: seconds, or an HTTP date. Nothing when it says nothing of the kind;
// an hour at most.
std::optional<storage::DurationMs> RetryAfter(std::string_view header, storage::TimestampMs now_ms);

// Pauses that double from `min_ms` to `max_ms`. Thread-compatible.
class Backoff {
 public:
  Backoff(storage::DurationMs min_ms, storage::DurationMs max_ms) : next_(min_ms), max_(max_ms) {}
  // `random` from 0 to 1: senders that failed together should not come back together, so a pause is up to a fifth
  // shorter.
  storage::DurationMs Next(double random);

 private:
  storage::DurationMs next_;
  const storage::DurationMs max_;
};

}  // namespace vigia::server
