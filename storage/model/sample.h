// A float sample, and the two NaNs that have a meaning of their own.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

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

// In blocks of a fixed size, which compilers turn into vector instructions.
inline bool HasStaleNan(std::span<const double> values) {
  constexpr std::size_t kBlock = 32;
  std::size_t i = 0;
  for (; i + kBlock <= values.size(); i += kBlock) {
    std::uint64_t found = 0;
    for (std::size_t k = 0; k < kBlock; ++k) found |= std::uint64_t{IsStaleNan(values[i + k])};
    if (found != 0) return true;
  }
  for (; i < values.size(); ++i) {
    if (IsStaleNan(values[i])) return true;
  }
  return false;
}

}  // namespace vigia::storage
