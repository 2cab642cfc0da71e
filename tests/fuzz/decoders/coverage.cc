#include "tests/fuzz/decoders/coverage.h"

#include <array>
#include <bit>
#include <cstdint>

namespace vigia::fuzz {
namespace {

constexpr std::size_t kPlaces = 1u << 16;
std::array<std::uint8_t, kPlaces> now;   // How often, in this input.
std::array<std::uint8_t, kPlaces> ever;  // Bit by magnitude of that.

// 1, 2, 3, 4 to 7, 8 to 15, ...: a loop that runs once more is nothing new each time.
std::uint8_t Magnitude(std::uint8_t count) {
  return static_cast<std::uint8_t>(count < 4 ? 1u << (count - 1) : 1u << std::bit_width(unsigned{count} / 2u) & 0xffu);
}

}  // namespace

void ForgetCoverage() { now.fill(0); }

bool TakeCoverage() {
  bool fresh = false;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    if (now[i] == 0) continue;
    const std::uint8_t bit = Magnitude(now[i]);
    if ((ever[i] & bit) != 0) continue;
    ever[i] = static_cast<std::uint8_t>(ever[i] | bit);
    fresh = true;
  }
  return fresh;
}

std::size_t CoveredPlaces() {
  std::size_t count = 0;
  for (const std::uint8_t bits : ever) count += bits != 0;
  return count;
}

// The compiler's call at each basic block.
extern "C" void __sanitizer_cov_trace_pc() {
  const auto pc = reinterpret_cast<std::uintptr_t>(__builtin_return_address(0));
  std::uint8_t& count = now[(pc ^ pc >> 16) % kPlaces];
  if (count < 255) ++count;
}

}  // namespace vigia::fuzz
