// The moments at which an expression is evaluated: start, start + interval, ... count of them.
#pragma once

#include <cstddef>

#include "storage/model/timestamp.h"

namespace vigia::promql {

struct Steps {
  storage::TimestampMs start_ms = 0;
  storage::DurationMs interval_ms = 1;  // > 0, also when there is one step only.
  std::size_t count = 0;

  storage::TimestampMs At(std::size_t i) const { return start_ms + static_cast<storage::DurationMs>(i) * interval_ms; }
  storage::TimestampMs last_ms() const { return count == 0 ? start_ms : At(count - 1); }
  bool single() const { return count == 1; }
  bool operator==(const Steps&) const = default;
};

// What a query was asked for. step_ms is 0 for an instant query, whose start and end are equal.
struct QueryTimes {
  storage::TimestampMs start_ms = 0;
  storage::TimestampMs end_ms = 0;
  storage::DurationMs step_ms = 0;

  Steps ToSteps() const {
    if (end_ms < start_ms) return {start_ms, 1, 0};
    if (step_ms <= 0) return {start_ms, 1, 1};
    return {start_ms, step_ms, static_cast<std::size_t>((end_ms - start_ms) / step_ms) + 1};
  }
};

}  // namespace vigia::promql
