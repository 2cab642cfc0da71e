#include "storage/api/time_versions.h"

#include <algorithm>

namespace vigia::storage {
namespace {

constexpr DurationMs kMinuteMs = 60'000;

std::int64_t MinuteOf(TimestampMs t) { return t / kMinuteMs - (t % kMinuteMs < 0 ? 1 : 0); }

}  // namespace

void TimeVersions::Touch(TimestampMs first_ms, TimestampMs last_ms) {
  if (last_ms < first_ms) return;
  std::int64_t first = MinuteOf(first_ms);
  const std::int64_t last = MinuteOf(last_ms);
  const std::lock_guard lock(mu_);
  ++last_;
  if (last - first >= static_cast<std::int64_t>(kMaxMinutes)) {
    all_ = last_;
    return;
  }
  if (first < old_end_) {
    old_ = last_;
    first = std::min(old_end_, last + 1);
  }
  for (std::int64_t minute = first; minute <= last; ++minute) minutes_[minute] = last_;
  while (minutes_.size() > kMaxMinutes) {
    const auto oldest = minutes_.begin();
    old_end_ = oldest->first + 1;
    old_ = std::max(old_, oldest->second);
    minutes_.erase(oldest);
  }
}

TimeVersions::Version TimeVersions::now() const {
  const std::lock_guard lock(mu_);
  return last_;
}

std::optional<TimestampMs> TimeVersions::FirstChange(TimestampMs first_ms, TimestampMs last_ms, Version since) const {
  if (last_ms < first_ms) return std::nullopt;
  const std::int64_t first = MinuteOf(first_ms);
  const std::int64_t last = MinuteOf(last_ms);
  const std::lock_guard lock(mu_);
  if (all_ > since || (first < old_end_ && old_ > since)) return first * kMinuteMs;
  for (auto it = minutes_.lower_bound(first); it != minutes_.end() && it->first <= last; ++it) {
    if (it->second > since) return it->first * kMinuteMs;
  }
  return std::nullopt;
}

}  // namespace vigia::storage
