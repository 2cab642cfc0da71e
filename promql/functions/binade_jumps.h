// Kahan-Neumaier sums of many windows of one column without adding up each of them: the same bits, for the cost of a
// few jumps a window.
//
// The sum. While the running sum s is in the binade [2^b, 2^(b+1)), its neighbours are g = 2^(b-52) apart, and adding x
// moves it by x rounded to a multiple of g, whatever s is. So inside a binade the running sum is a difference of prefix
// sums of rounded values, which are whole numbers: a window jumps to the last sample at which it stays in the binade,
// makes the addition that leaves it, and goes on in the next one: a jump for each doubling of the sum. It starts with
// some plain additions, since it goes through the lowest binades in no time. Values are not negative (or all not
// positive: the mirror image), so that sums ascend; and at every sample the sum of a window that begins later is not
// the greater one, because rounding is monotonic. So the ends of jumps never go back from window to window, and finding
// them takes one pass over the samples.
//
// Ties. Where x lies exactly between two multiples of g, the sum goes to the even one, which depends on s. But behind a
// tie every sum is even. So the prefix sums take each tie as it comes to them, which makes them even behind it; a
// sum that is even relative to them goes along, at this tie and at all that follow; one that is odd relative to them is
// rounded the other way at the first tie it meets, which makes it even, too.
//
// The compensation. Neumaier's correction of an addition is the exact error of that addition (T. J. Dekker, A
// floating-point technique for extending the available precision, 1971), a multiple of the unit that all values are
// multiples of. As long as the sum of n such errors, none larger than half the distance between sums, stays within 2^53
// units, adding them up is exact as well, and the compensation is what the exact sum differs from the running one by.
// The exact sum comes from prefix sums of whole numbers of units; as the difference is small, both may be taken modulo
// 2^64. This holds for values of either sign.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

#include "promql/functions/window_set.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {

// What the values of a column have in common.
struct ColumnShape {
  static constexpr int kNoUnit = std::numeric_limits<int>::max();
  bool is_regular = true;  // No value is infinite, no number or, but for 0, below the normal ones.
  bool has_positive = false;
  bool has_negative = false;
  int unit = kNoUnit;  // All values are multiples of 2^unit; kNoUnit when all are 0.
  double largest = 0;  // Of the absolute values.
  double total = 0;    // The sum of the absolute values, rounded.
};

ColumnShape ShapeOf(std::span<const double> values);

// Whether the sum of any of the values, in any order, is exact: all are multiples of 2^k and together below 2^(k+52).
bool SumsAreExact(const ColumnShape& shape);

// Whether the compensation of any `count` of the values, in any order, is exact.
bool CompensationsAreExact(const ColumnShape& shape, std::size_t count);

// Memory that is reused from column to column.
struct BinadeScratch {
  struct Path {  // A window on its way: the running sum of what lies before `at`.
    double sum;
    std::uint32_t at;
    std::uint32_t end;
  };
  struct Tie {
    std::uint32_t at;
    bool up;  // How the prefix sums take it.
  };
  std::vector<double> mirrored;
  std::vector<Path> paths;
  std::vector<std::uint64_t> exact, rounded;  // Prefix sums.
  std::vector<Tie> ties;
};

// How many additions each window should begin with before it jumps, or kNoJumps; nothing when the values do not allow
// SumByBinades(), or it would not pay. Windows as there.
inline constexpr std::uint32_t kNoJumps = std::numeric_limits<std::uint32_t>::max();
std::optional<std::uint32_t> AdditionsBeforeJumps(std::size_t values, const ColumnShape& shape,
                                                  std::span<const Window> windows);

// Writes for each window what KahanSum comes to when its values are added one after the other; but for the sign of a
// sum of 0, which Total() does not show. Takes up to 24 bytes for each value and 16 for each window. REQUIRES: windows
// are not empty and their bounds ascend (not strictly); CompensationsAreExact() for the largest of them; sums.size() ==
// windows.size(); additions > 0, and kNoJumps when there are values of both signs.
void SumByBinades(std::span<const double> values, const ColumnShape& shape, std::span<const Window> windows,
                  std::uint32_t additions, BinadeScratch& scratch, std::span<KahanSum> sums);

}  // namespace vigia::promql
