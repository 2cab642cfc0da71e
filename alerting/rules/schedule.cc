#include "alerting/rules/schedule.h"

#include <cassert>

#include "storage/model/labels.h"

namespace vigia::alerting {

Schedule::Schedule(std::string_view file, std::string_view name, storage::DurationMs interval_ms)
    : interval_ms_(interval_ms) {
  assert(interval_ms > 0);
  // The reference takes the hash modulo the interval in nanoseconds; samples have milliseconds.
  const storage::Labels identity{{"file", file}, {"name", name}};
  const auto interval_ns = static_cast<std::uint64_t>(interval_ms) * 1'000'000;
  phase_ms_ = static_cast<storage::DurationMs>(identity.Hash() % interval_ns / 1'000'000);
}

storage::TimestampMs Schedule::AtOrBefore(storage::TimestampMs now_ms) const {
  const storage::TimestampMs shifted = now_ms - phase_ms_;
  const storage::DurationMs into = (shifted % interval_ms_ + interval_ms_) % interval_ms_;
  return now_ms - into;
}

Schedule::Turn Schedule::After(storage::TimestampMs last_ms, storage::TimestampMs now_ms) const {
  const storage::TimestampMs due = last_ms + interval_ms_;
  if (due - now_ms > 2 * interval_ms_) {
    const storage::TimestampMs first = First(now_ms);
    return {first, 0, first - now_ms};
  }
  if (now_ms < due) return {due, 0, due - now_ms};
  const storage::TimestampMs slot = AtOrBefore(now_ms);
  return {slot, (slot - last_ms) / interval_ms_ - 1, 0};
}

}  // namespace vigia::alerting
