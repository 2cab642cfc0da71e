// Which times were last written to, so that what was computed from samples can be kept for as long as these samples
// are what they were. Time is cut into minutes; each has the number of the last change in it, and the minutes before
// the newest few thousand that were touched have one number for all of them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <mutex>
#include <optional>

#include "storage/model/timestamp.h"

namespace vigia::storage {

// Thread-safe.
class TimeVersions {
 public:
  // Changes are numbered from 1. Numbers of different objects have nothing to do with each other.
  using Version = std::uint64_t;

  // Call it when samples of these times (both inclusive) were added or removed, once every new Querier sees that and
  // before whoever asked for it is told: what is read after a now() is then newer than that number, or touched later.
  void Touch(TimestampMs first_ms, TimestampMs last_ms);

  Version now() const;

  // The start of the first minute with times within first_ms..last_ms that was touched after `since`.
  std::optional<TimestampMs> FirstChange(TimestampMs first_ms, TimestampMs last_ms, Version since) const;

  static constexpr std::size_t kMaxMinutes = 4096;

 private:
  mutable std::mutex mu_;
  Version last_ = 0;
  Version all_ = 0;                          // Of the last change that was too long to be remembered by the minute.
  std::map<std::int64_t, Version> minutes_;  // At most kMaxMinutes.
  // Of all minutes before this one that are not in `minutes_`.
  std::int64_t old_end_ = std::numeric_limits<std::int64_t>::min();
  Version old_ = 0;
};

}  // namespace vigia::storage
