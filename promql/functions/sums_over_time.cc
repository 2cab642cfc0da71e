// sum_over_time and avg_over_time (Prometheus promql/functions.go). The sums are compensated in the order of the
// samples, and every addition rounds. What windows have in common is used where the bits stay the same:
// - Where no addition can round, every order gives the same bits, and a difference of prefix sums does: so for counts,
//   bytes and all that is a whole multiple of some power of 2.
// - Windows that begin at the same sample share one running sum.
// - Windows that overlap much go by jumps (binade_jumps.h), if the values allow it.
// - The others are added up one by one, several side by side.
#include <algorithm>
#include <array>
#include <cmath>

#include "promql/functions/binade_jumps.h"
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

// The direct mean until the sum overflows, from there on the incremental one.
double Average(std::span<const double> values) {
  KahanSum sum{values[0], 0};
  std::size_t i = 1;
  for (; i < values.size(); ++i) {
    KahanSum next = sum;
    next.Add(values[i]);
    if (std::isinf(next.sum)) break;
    sum = next;
  }
  double count = static_cast<double>(i);
  if (i == values.size()) return sum.sum / count + sum.compensation / count;
  KahanSum mean{sum.sum / count, sum.compensation / count};
  for (; i < values.size(); ++i) {
    count = static_cast<double>(i + 1);
    const double share = (count - 1) / count;
    mean = {share * mean.sum, share * mean.compensation};
    mean.Add(values[i] / count);
  }
  return mean.Total();
}

KahanSum SumOf(std::span<const double> values) {
  KahanSum sum;
  for (const double value : values) sum.Add(value);
  return sum;
}

// Windows that are added up side by side: an addition waits for the one before it, so that a processor has time for
// several. The error of an addition is found as D. Knuth does (The Art of Computer Programming 4.2.2, theorem B),
// without asking which operand is the larger one; it is exact either way. Where an overflow spoils it, it shows in the
// end.
using Pair __attribute__((vector_size(2 * sizeof(double)))) = double;
constexpr std::size_t kPairs = 4;
constexpr std::size_t kLanes = 2 * kPairs;

void SumLanes(std::span<const double> values, std::span<const Window, kLanes> windows,
              std::span<KahanSum, kLanes> sums) {
  std::array<const double*, kLanes> at;
  std::array<Pair, kPairs> sum{};
  std::array<Pair, kPairs> compensation{};
  std::size_t common = windows[0].size();
  for (std::size_t k = 0; k < kLanes; ++k) {
    at[k] = values.data() + windows[k].begin;
    common = std::min<std::size_t>(common, windows[k].size());
  }
  for (std::size_t i = 0; i < common; ++i) {
    for (std::size_t k = 0; k < kPairs; ++k) {
      const Pair value{at[2 * k][i], at[2 * k + 1][i]};
      const Pair total = sum[k] + value;
      const Pair added = total - sum[k];
      compensation[k] += (sum[k] - (total - added)) + (value - added);
      sum[k] = total;
    }
  }
  for (std::size_t k = 0; k < kLanes; ++k) {
    sums[k] = {sum[k / 2][k % 2], compensation[k / 2][k % 2]};
    if (std::isfinite(sums[k].compensation)) {
      for (std::size_t i = common; i < windows[k].size(); ++i) sums[k].Add(at[k][i]);
    } else {
      sums[k] = SumOf(values.subspan(windows[k].begin, windows[k].size()));
    }
  }
}

void SumOneByOne(std::span<const double> values, std::span<const Window> windows, std::span<KahanSum> sums) {
  std::size_t i = 0;
  for (; i + kLanes <= windows.size(); i += kLanes) {
    SumLanes(values, windows.subspan(i).first<kLanes>(), sums.subspan(i).first<kLanes>());
  }
  for (; i < windows.size(); ++i) sums[i] = SumOf(values.subspan(windows[i].begin, windows[i].size()));
}

// The sums of all windows that have samples, to the bit what KahanSum comes to, as long as they are finite.
void SumWindows(std::span<const double> values, const ColumnShape& shape, std::span<const Window> windows,
                RangeScratch& scratch) {
  std::vector<KahanSum>& sums = scratch.sums;
  PickedWindows& apart = scratch.picked;  // Those that share no running sum with others.
  sums.resize(windows.size());
  apart.Clear();
  for (std::size_t first = 0; first < windows.size();) {
    std::size_t last = first;
    std::uint64_t samples = windows[first].size();
    while (last + 1 < windows.size() && windows[last + 1].begin == windows[first].begin) {
      samples += windows[++last].size();
    }
    // One sum after the other takes several times longer than many side by side.
    constexpr std::uint64_t kSideBySide = 4;
    if (samples > kSideBySide * windows[last].size()) {
      KahanSum sum;
      std::uint32_t at = windows[first].begin;
      for (; first <= last; ++first) {
        for (; at < windows[first].end; ++at) sum.Add(values[at]);
        sums[first] = sum;
      }
    }
    for (; first <= last; ++first) {
      if (!windows[first].empty()) apart.Add(first, windows[first]);
    }
  }
  scratch.picked_sums.resize(apart.steps.size());
  if (const auto additions = AdditionsBeforeJumps(values.size(), shape, apart.windows)) {
    SumByBinades(values, shape, apart.windows, *additions, scratch.binades, scratch.picked_sums);
  } else {
    SumOneByOne(values, apart.windows, scratch.picked_sums);
  }
  for (std::size_t i = 0; i < apart.steps.size(); ++i) sums[apart.steps[i]] = scratch.picked_sums[i];
}

struct SumFunction {
  static double OfExact(double sum, double) { return sum; }
  static double Of(const KahanSum& sum, std::span<const double>) { return std::isinf(sum.sum) ? sum.sum : sum.Total(); }
};

struct AverageFunction {
  // The compensation is 0.
  static double OfExact(double sum, double count) { return sum / count + 0 / count; }
  static double Of(const KahanSum& sum, std::span<const double> values) {
    if (!std::isfinite(sum.sum)) return Average(values);
    const auto count = static_cast<double>(values.size());
    return sum.sum / count + sum.compensation / count;
  }
};

template <class Function>
void EvaluateExact(std::span<const double> values, std::span<const Window> windows, std::vector<double>& prefix,
                   StepOutput output) {
  prefix.assign(values.size() + 1, 0);
  for (std::size_t i = 0; i < values.size(); ++i) prefix[i + 1] = prefix[i] + values[i];
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = !window.empty();
    if (window.empty()) continue;
    output.values[step] = Function::OfExact(prefix[window.end] - prefix[window.begin], window.size());
  }
}

template <class Function>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const auto values = input.values;
  const auto windows = input.windows.windows();
  ColumnShape shape{.is_regular = false};
  // With little overlap the direct loop touches every sample about once: nothing to gain.
  if (input.windows.total_samples() > 2 * values.size()) {
    shape = ShapeOf(values);
    if (SumsAreExact(shape)) {
      EvaluateExact<Function>(values, windows, scratch.doubles, output);
      return {};
    }
  }
  SumWindows(values, shape, windows, scratch);
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = !window.empty();
    if (window.empty()) continue;
    output.values[step] = Function::Of(scratch.sums[step], values.subspan(window.begin, window.size()));
  }
  return {};
}

}  // namespace

// The slow way takes about a nanosecond for a sample.
constinit const RangeFunctionSpec kSumOverTime{
    .name = "sum_over_time", .kernel = &Evaluate<SumFunction>, .samples_per_call = 20 * kSamplesPerCall};
constinit const RangeFunctionSpec kAvgOverTime{
    .name = "avg_over_time", .kernel = &Evaluate<AverageFunction>, .samples_per_call = 20 * kSamplesPerCall};

}  // namespace vigia::promql
