// When a group is evaluated: at the absolute times k * interval + phase, the phase depending on file and name only, so
// that groups spread over the interval and keep their times over restarts (surface.md 6.2). Pure arithmetic.
#pragma once

#include <cstdint>
#include <string_view>

#include "storage/model/timestamp.h"

namespace vigia::alerting {

class Schedule {
 public:
  // REQUIRES: interval_ms > 0.
  Schedule(std::string_view file, std::string_view name, storage::DurationMs interval_ms);

  storage::DurationMs interval_ms() const { return interval_ms_; }
  storage::DurationMs phase_ms() const { return phase_ms_; }
  storage::TimestampMs AtOrBefore(storage::TimestampMs now_ms) const;
  // The first slot of a group that starts now: never one in the past.
  storage::TimestampMs First(storage::TimestampMs now_ms) const { return AtOrBefore(now_ms) + interval_ms_; }

  struct Turn {
    storage::TimestampMs slot_ms = 0;
    std::int64_t missed = 0;          // Slots between the last one and this one.
    storage::DurationMs wait_ms = 0;  // Until it is due; 0 = evaluate now.
  };
  // What follows the evaluation of `last_ms`. A clock that was set back far starts the schedule anew.
  Turn After(storage::TimestampMs last_ms, storage::TimestampMs now_ms) const;

 private:
  storage::DurationMs interval_ms_;
  storage::DurationMs phase_ms_;
};

}  // namespace vigia::alerting
