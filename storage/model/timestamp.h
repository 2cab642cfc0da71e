// Time as the whole server counts it: integer milliseconds since the Unix epoch. The unit is in every name.
#pragma once

#include <cstdint>
#include <limits>

namespace vigia::storage {

using TimestampMs = std::int64_t;
using DurationMs = std::int64_t;

// Stand for "since ever" and "for ever" in ranges. A quarter of the type's range, so that adding or subtracting any
// duration that a user can write does not overflow.
inline constexpr TimestampMs kMinTimestampMs = std::numeric_limits<TimestampMs>::min() / 4;
inline constexpr TimestampMs kMaxTimestampMs = std::numeric_limits<TimestampMs>::max() / 4;

}  // namespace vigia::storage
