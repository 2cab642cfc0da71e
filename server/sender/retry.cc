#include "server/sender/retry.h"

#include <algorithm>
#include <charconv>
#include <ctime>
#include <string>

namespace vigia::server {
namespace {

constexpr storage::DurationMs kLongestPause = 3'600'000;

}  // namespace

Verdict VerdictOf(int status, bool retry_on_429) {
  if (status >= 200 && status < 300) return Verdict::kDelivered;
  if (status >= 500 && status < 600) return Verdict::kAgain;
  return status == 429 && retry_on_429 ? Verdict::kAgain : Verdict::kRefused;
}

std::optional<storage::DurationMs> RetryAfter(std::string_view header, storage::TimestampMs now_ms) {
  storage::DurationMs pause = 0;
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(header.data(), header.data() + header.size(), seconds);
  if (error == std::errc() && end == header.data() + header.size()) {
    pause = std::clamp<std::int64_t>(seconds, 0, kLongestPause / 1000) * 1000;
  } else {
    std::tm utc{};
    const char* const rest = strptime(std::string(header).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
    if (rest == nullptr) return std::nullopt;
    pause = std::clamp<storage::DurationMs>(timegm(&utc) * 1000 - now_ms, 0, kLongestPause);
  }
  if (pause == 0) return std::nullopt;
  return pause;
}

storage::DurationMs Backoff::Next(double random) {
  const storage::DurationMs pause = std::min(next_, max_);
  next_ = std::min(pause * 2, max_);
  return pause - static_cast<storage::DurationMs>(static_cast<double>(pause) / 5 * random);
}

}  // namespace vigia::server
