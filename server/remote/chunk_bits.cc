#include "server/remote/chunk_bits.h"

#include <array>

namespace vigia::server {
namespace {

constexpr std::array<int, 7> kWidths{3, 6, 9, 12, 18, 25, 56};

}  // namespace

void ChunkBits::PutVarbit(std::int64_t value) {
  if (value == 0) return Put(0, 1);
  for (std::size_t i = 0; i < kWidths.size(); ++i) {
    const std::int64_t half = std::int64_t{1} << (kWidths[i] - 1);
    if (value < -half + 1 || value > half) continue;
    Put((std::uint64_t{1} << (i + 2)) - 2, static_cast<int>(i) + 2);
    return Put(static_cast<std::uint64_t>(value), kWidths[i]);
  }
  Put(0xff, 8);
  Put(static_cast<std::uint64_t>(value), 64);
}

void ChunkBits::PutVarbitUnsigned(std::uint64_t value) {
  if (value == 0) return Put(0, 1);
  for (std::size_t i = 0; i < kWidths.size(); ++i) {
    if (value >> kWidths[i] != 0) continue;
    Put((std::uint64_t{1} << (i + 2)) - 2, static_cast<int>(i) + 2);
    return Put(value, kWidths[i]);
  }
  Put(0xff, 8);
  Put(value, 64);
}

}  // namespace vigia::server
