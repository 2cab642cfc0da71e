// Differences of any two 64-bit integers, and back: they wrap around, where plain signed arithmetic is undefined.
#pragma once

#include <cstdint>

namespace vigia::storage {

constexpr std::int64_t WrappingMinus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) - static_cast<std::uint64_t>(b));
}
constexpr std::int64_t WrappingPlus(std::int64_t a, std::int64_t b) {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

}  // namespace vigia::storage
