// A float sample, and the two NaNs that have a meaning of their own.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>

#include "storage/model/timestamp.h"

namespace vigia::storage {

struct Sample {
  TimestampMs t = 0;
  double v = 0;
};

// Prometheus model/value/value.go: the staleness marker ends a series at its timestamp; kNormalNan is what every NaN
// that was scraped or written as text is stored as.
inline constexpr std::uint64_t kStaleNanBits = 0x7ff0000000000002;
inline constexpr std::uint64_t kNormalNanBits = 0x7ff8000000000001;
inline const double kStaleNan = std::bit_cast<double>(kStaleNanBits);
inline const double kNormalNan = std::bit_cast<double>(kNormalNanBits);

// A NaN is not equal to itself, so staleness is a question of bits.
constexpr bool IsStaleNan(double v) { return std::bit_cast<std::uint64_t>(v) == kStaleNanBits; }

}  // namespace vigia::storage
