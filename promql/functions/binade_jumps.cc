#include "promql/functions/binade_jumps.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <functional>

namespace vigia::promql {
namespace {

using Path = BinadeScratch::Path;
using Tie = BinadeScratch::Tie;

constexpr int kFractionBits = 52;
constexpr std::uint64_t kImplicitBit = 1ull << kFractionBits;
constexpr int kExponentBias = 1023;
constexpr int kSpecialExponent = 0x7ff;

std::uint64_t BitsOf(double value) { return std::bit_cast<std::uint64_t>(value); }
int ExponentField(double value) { return static_cast<int>((BitsOf(value) >> kFractionBits) & 0x7ff); }
// REQUIRES: the value is normal.
std::uint64_t Significand(double value) { return (BitsOf(value) & (kImplicitBit - 1)) | kImplicitBit; }
// A value is its significand times 2 to this.
int ScaleOf(double value) { return ExponentField(value) - kExponentBias - kFractionBits; }

// value / 2^unit modulo 2^64. REQUIRES: 0, or normal and a multiple of 2^unit.
std::uint64_t UnitsOf(double value, int unit) {
  if (value == 0) return 0;
  const int shift = ScaleOf(value) - unit;
  const std::uint64_t significand = Significand(value);
  const std::uint64_t units = shift < 0 ? significand >> -shift : shift < 64 ? significand << shift : 0;
  return std::signbit(value) ? -units : units;
}

// Windows that are added up side by side: an addition waits for the one before it, so that a processor has time for
// several.
constexpr std::size_t kLanes = 8;

// Moves every path by up to `count` values.
void AddSome(std::span<const double> values, std::uint32_t count, std::span<Path> paths) {
  const auto left = [count](const Path& path) { return std::min(count, path.end - path.at); };
  while (!paths.empty()) {
    std::uint32_t common = 0;
    const std::span<Path> group = paths.first(std::min(kLanes, paths.size()));
    if (group.size() == kLanes) {
      common = left(*std::min_element(group.begin(), group.end(),
                                      [&](const Path& a, const Path& b) { return left(a) < left(b); }));
      std::array<const double*, kLanes> at;
      std::array<double, kLanes> sum;
      for (std::size_t k = 0; k < kLanes; ++k) at[k] = values.data() + group[k].at;
      for (std::size_t k = 0; k < kLanes; ++k) sum[k] = group[k].sum;
      for (std::size_t i = 0; i < common; ++i) {
        for (std::size_t k = 0; k < kLanes; ++k) sum[k] += at[k][i];
      }
      for (std::size_t k = 0; k < kLanes; ++k) group[k].sum = sum[k];
    }
    for (Path& path : group) {
      const std::uint32_t stop = path.at + left(path);
      for (path.at += common; path.at < stop; ++path.at) path.sum += values[path.at];
    }
    paths = paths.subspan(group.size());
  }
}

// Paths through one binade. Prefix sums are made as far as they are needed.
class Binade {
 public:
  // `exponent` as it is stored. REQUIRES: no value is negative; rounded.size() == values.size() + 1.
  Binade(std::span<const double> values, std::uint64_t exponent, BinadeScratch& scratch)
      : values_(values.data()),
        size_(static_cast<std::uint32_t>(values.size())),
        base_(exponent << kFractionBits),
        rounded_(scratch.rounded.data()),
        ties_(scratch.ties),
        bottom_(std::bit_cast<double>(base_)),
        half_(bottom_ * 0x1p-53) {
    ties_.clear();
  }

  // Moves `path` out of the binade, or to its end. REQUIRES: it is in the binade, not at its end, and neither begins
  // nor ends before the paths that were moved earlier.
  void Cross(Path& path) {
    const std::uint32_t from = path.at;
    if (from > built_ || built_ == 0) StartAt(from);
    const std::uint64_t bits = BitsOf(path.sum);
    std::uint64_t room = base_ + kImplicitBit - bits;
    std::uint32_t to = LastInside(from, std::max(cursor_, from), path.end, room);
    std::uint64_t jump = rounded_[to] - rounded_[from];
    if (((bits - rounded_[from]) & 1) != 0) {
      while (next_tie_ < ties_.size() && ties_[next_tie_].at < from) ++next_tie_;
      if (next_tie_ < ties_.size() && ties_[next_tie_].at < to) {
        const Tie tie = ties_[next_tie_];
        const std::uint64_t other_way = tie.up ? -1 : 1;
        room -= other_way;
        while (to > tie.at && rounded_[to] - rounded_[from] >= room) --to;
        to = LastInside(from, to, path.end, room);
        jump = rounded_[to] - rounded_[from] + (to > tie.at ? other_way : 0);
      }
    }
    path.sum = std::bit_cast<double>(bits + jump);
    path.at = cursor_ = to;
    if (to < path.end) path.sum += values_[path.at++];
  }

 private:
  void StartAt(std::uint32_t at) {
    rounded_[at] = 0;
    built_ = at;
  }

  // The last sample, from `to` on, before which less than `room` came together since `from`.
  std::uint32_t LastInside(std::uint32_t from, std::uint32_t to, std::uint32_t end, std::uint64_t room) {
    const std::uint64_t before = rounded_[from];
    while (true) {
      const std::uint32_t stop = std::min(end, built_);
      while (to < stop && rounded_[to + 1] - before < room) ++to;
      if (to < built_ || to == end) return to;
      Build();
    }
  }

  // Rounds the next values to what they move a sum in this binade by: the difference of the bits of two neighbours
  // is 1. A value that is too large for the binade moves any sum out of it, here as well.
  void Build() {
    const std::uint32_t stop = std::min<std::uint32_t>(size_, built_ + kBlock);
    std::array<std::uint64_t, kBlock> steps;
    std::array<std::uint64_t, kBlock> ties;
    const double* const value = values_ + built_;
    const std::uint32_t count = stop - built_;
    for (std::size_t i = 0; i < count; ++i) {
      const double moved = bottom_ + value[i];
      const double error = value[i] - (moved - bottom_);
      steps[i] = BitsOf(moved) - base_;
      ties[i] = std::fabs(error) == half_ ? BitsOf(error) : 0;
    }
    std::uint64_t* const rounded = rounded_ + built_;
    std::uint64_t sum = *rounded;
    for (std::size_t i = 0; i < count; ++i) {
      sum += steps[i];
      if (ties[i] != 0) [[unlikely]] {
        // The step is even. So is the prefix sum now, if it was before; else it has to go the other way.
        const bool is_negative = ties[i] >> 63 != 0;
        const bool was_odd = (sum & 1) != 0;
        if (was_odd) sum += is_negative ? -1 : 1;
        ties_.push_back({built_ + static_cast<std::uint32_t>(i), is_negative != was_odd});
      }
      rounded[i + 1] = sum;
    }
    built_ = stop;
  }

  static constexpr std::uint32_t kBlock = 256;
  const double* const values_;
  const std::uint32_t size_;
  const std::uint64_t base_;  // The bits of the binade's lowest number.
  std::uint64_t* const rounded_;
  std::vector<Tie>& ties_;
  const double bottom_;
  const double half_;         // Half the distance of neighbours.
  std::uint32_t built_ = 0;   // Prefix sums are known up to here.
  std::uint32_t cursor_ = 0;  // Where the last path left.
  std::size_t next_tie_ = 0;
};

constexpr std::uint64_t kNoBinade = std::numeric_limits<std::uint64_t>::max();

std::uint64_t BinadeOf(const Path& path) { return path.at == path.end ? kNoBinade : BitsOf(path.sum) >> kFractionBits; }

// Moves all paths to their ends. REQUIRES: no value is negative.
void Jump(std::span<const double> values, BinadeScratch& scratch) {
  scratch.rounded.resize(values.size() + 1);
  std::uint64_t exponent = kNoBinade;
  for (const Path& path : scratch.paths) exponent = std::min(exponent, BinadeOf(path));
  while (exponent != kNoBinade) {
    Binade binade(values, exponent, scratch);
    std::uint64_t next = kNoBinade;
    for (Path& path : scratch.paths) {
      if (BinadeOf(path) == exponent) binade.Cross(path);
      assert(BinadeOf(path) > exponent);
      next = std::min(next, BinadeOf(path));
    }
    exponent = next;
  }
}

// Values of 0 in front are passed over: a sum of 0 is in no binade.
void StartPaths(std::span<const double> values, std::span<const Window> windows, std::vector<Path>& paths) {
  paths.clear();
  std::uint32_t first = 0;
  for (const Window window : windows) {
    first = std::max(first, window.begin);
    while (first < window.end && values[first] == 0) ++first;
    paths.push_back({0, first, window.end});
  }
}

struct Overlap {
  std::uint64_t samples = 0;  // Of all windows together.
  std::uint32_t largest = 0;
};

Overlap OverlapOf(std::span<const Window> windows) {
  Overlap overlap;
  for (const Window window : windows) {
    overlap.samples += window.size();
    overlap.largest = std::max(overlap.largest, window.size());
  }
  return overlap;
}

// Below this many times the values, the samples of windows are better added up as KahanSum does: the exact sums and
// what has to be known of a column take that long.
constexpr std::uint64_t kLeastOverlap = 6;
// 100 MB of prefix sums.
constexpr std::size_t kMostValues = 1 << 22;

}  // namespace

ColumnShape ShapeOf(std::span<const double> values) {
  ColumnShape shape;
  for (const double value : values) {
    if (value == 0) continue;
    const int exponent = ExponentField(value);
    shape.is_regular &= exponent != 0 && exponent != kSpecialExponent;
    (std::signbit(value) ? shape.has_negative : shape.has_positive) = true;
    shape.unit = std::min(shape.unit, ScaleOf(value) + std::countr_zero(Significand(value)));
    shape.largest = std::max(shape.largest, std::fabs(value));
    shape.total += std::fabs(value);
  }
  return shape;
}

bool SumsAreExact(const ColumnShape& shape) {
  return shape.is_regular && (shape.unit == ColumnShape::kNoUnit || shape.total < std::ldexp(1, shape.unit + 52));
}

bool CompensationsAreExact(const ColumnShape& shape, std::size_t count) {
  // So that binades, distances and their halves are normal numbers, and sums do not overflow.
  constexpr int kLowestUnit = -900;
  constexpr double kLargestSum = 0x1p1000;
  if (!shape.is_regular || shape.unit == ColumnShape::kNoUnit || shape.unit < kLowestUnit) return false;
  const auto n = static_cast<double>(count);
  const double most = std::min(shape.total, shape.largest * n);
  if (!(most < kLargestSum)) return false;
  // Sums are below 2^limit, with room for rounding, and errors not above 2^(limit-54).
  const int limit = std::ilogb(most) + 2;
  return n <= std::ldexp(1, shape.unit + 53 - (limit - 54));
}

// Goes by what additions and jumps take on the machines they were measured on: every doubling of a window is another
// binade, with a jump for each window and a rounding for each value.
std::optional<std::uint32_t> AdditionsBeforeJumps(std::size_t values, const ColumnShape& shape,
                                                  std::span<const Window> windows) {
  const Overlap overlap = OverlapOf(windows);
  if (overlap.samples < kLeastOverlap * values || values > kMostValues) return std::nullopt;
  if (!CompensationsAreExact(shape, overlap.largest)) return std::nullopt;
  if (shape.has_positive && shape.has_negative) return kNoJumps;
  constexpr double kLeastAdditions = 16;
  constexpr double kAdditionNs = 0.15;
  constexpr double kJumpNs = 4;
  constexpr double kRoundingNs = 1.2;
  const auto count = static_cast<double>(windows.size());
  const double size = static_cast<double>(overlap.samples) / count;
  const double binade = (kJumpNs + kRoundingNs * static_cast<double>(values) / count) / kAdditionNs;
  const double first = std::max(kLeastAdditions, binade);
  if (size < first) return kNoJumps;
  const double jumps = binade * (1 + std::log2(size / first));
  return first + jumps < size ? static_cast<std::uint32_t>(first) : kNoJumps;
}

void SumByBinades(std::span<const double> values, const ColumnShape& shape, std::span<const Window> windows,
                  std::uint32_t additions, BinadeScratch& scratch, std::span<KahanSum> sums) {
  assert(sums.size() == windows.size() && additions > 0);
  const bool jumps = additions != kNoJumps;
  assert(!jumps || !(shape.has_positive && shape.has_negative));
  const bool mirrors = jumps && shape.has_negative;
  if (mirrors) {
    scratch.mirrored.resize(values.size());
    std::ranges::transform(values, scratch.mirrored.begin(), std::negate<>());
    values = scratch.mirrored;
  }
  StartPaths(values, windows, scratch.paths);
  AddSome(values, additions, scratch.paths);
  if (jumps) Jump(values, scratch);

  std::vector<std::uint64_t>& exact = scratch.exact;
  exact.resize(values.size() + 1);
  exact[0] = 0;
  for (std::size_t i = 0; i < values.size(); ++i) exact[i + 1] = exact[i] + UnitsOf(values[i], shape.unit);
  const double unit = std::ldexp(1, shape.unit);
  for (std::size_t i = 0; i < windows.size(); ++i) {
    const double sum = scratch.paths[i].sum;
    const std::uint64_t rest = exact[windows[i].end] - exact[windows[i].begin] - UnitsOf(sum, shape.unit);
    const auto units = static_cast<std::int64_t>(mirrors ? -rest : rest);
    sums[i] = {mirrors ? -sum : sum, static_cast<double>(units) * unit};
  }
}

}  // namespace vigia::promql
