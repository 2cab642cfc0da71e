// sum_over_time and avg_over_time (Prometheus promql/functions.go). The sums are compensated in the order of the
// samples, so that in general every window has to be added up on its own. Where no addition can round, though, every
// order gives the same bits, and a difference of prefix sums does: so for counts, bytes and all that is a whole
// multiple of some power of 2.
#include <array>
#include <bit>
#include <cmath>
#include <limits>

#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

// Whether the sum of any of the values, in any order, is exact: all are multiples of 2^k and together below 2^(k+52).
bool SumsAreExact(std::span<const double> values) {
  int unit = std::numeric_limits<int>::max();
  double total = 0;
  for (const double value : values) {
    if (value == 0) continue;
    const auto bits = std::bit_cast<std::uint64_t>(value);
    const int exponent = static_cast<int>((bits >> 52) & 0x7ff);
    if (exponent == 0 || exponent == 0x7ff) return false;
    const std::uint64_t significand = (bits & ((1ull << 52) - 1)) | (1ull << 52);
    const int lowest_bit = exponent - 1075 + std::countr_zero(significand);
    if (lowest_bit < unit) unit = lowest_bit;
    total += std::fabs(value);
  }
  return unit == std::numeric_limits<int>::max() || total < std::ldexp(1, unit + 52);
}

double Sum(std::span<const double> values) {
  KahanSum sum;
  for (const double value : values) sum.Add(value);
  return std::isinf(sum.sum) ? sum.sum : sum.Total();
}

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

// Windows of one size, each in a lane of its own: an addition waits for the one before it, so that a processor has time
// for several. Every lane does what KahanSum does, but for overflow: false when there may have been one.
constexpr std::size_t kLanes = 8;
bool SumLanes(const double* values, const Window* windows, std::size_t first, std::array<KahanSum, kLanes>& sums) {
  std::array<const double*, kLanes> at;
  std::array<double, kLanes> sum;
  std::array<double, kLanes> compensation{};
  for (std::size_t k = 0; k < kLanes; ++k) {
    at[k] = values + windows[k].begin;
    sum[k] = first == 0 ? 0 : at[k][0];
  }
  const std::size_t size = windows[0].size();
  for (std::size_t i = first; i < size; ++i) {
    std::array<double, kLanes> value;
    for (std::size_t k = 0; k < kLanes; ++k) value[k] = at[k][i];
    for (std::size_t k = 0; k < kLanes; ++k) {
      const double total = sum[k] + value[k];
      const bool sum_is_larger = std::fabs(sum[k]) >= std::fabs(value[k]);
      const double larger = sum_is_larger ? sum[k] : value[k];
      const double smaller = sum_is_larger ? value[k] : sum[k];
      compensation[k] += (larger - total) + smaller;
      sum[k] = total;
    }
  }
  double all = 0;  // Of a sum that is infinite or no number, 0 times it is none either.
  for (std::size_t k = 0; k < kLanes; ++k) {
    all += 0 * sum[k];
    sums[k] = {sum[k], compensation[k]};
  }
  return all == 0;
}

// What Average() comes to when the sum is exact.
double AverageOfExact(double sum, double count) { return sum / count + 0 / count; }

struct SumFunction {
  static constexpr std::size_t kFirst = 0;  // The first value that is added, to those before it.
  static double Direct(std::span<const double> values) { return Sum(values); }
  static double OfExact(double sum, double) { return sum; }
  static double OfFinite(const KahanSum& sum, double) { return sum.Total(); }
};

struct AverageFunction {
  static constexpr std::size_t kFirst = 1;
  static double Direct(std::span<const double> values) { return Average(values); }
  static double OfExact(double sum, double count) { return AverageOfExact(sum, count); }
  static double OfFinite(const KahanSum& sum, double count) { return sum.sum / count + sum.compensation / count; }
};

// The windows from `step` on, kLanes of them if they are of one size. How many were done.
template <class Function>
std::size_t DoLanes(std::span<const double> values, std::span<const Window> windows, std::size_t step,
                    StepOutput output) {
  if (step + kLanes > windows.size() || windows[step].empty()) return 0;
  const Window* const group = windows.data() + step;
  for (std::size_t k = 1; k < kLanes; ++k) {
    if (group[k].size() != group[0].size()) return 0;
  }
  std::array<KahanSum, kLanes> sums;
  if (!SumLanes(values.data(), group, Function::kFirst, sums)) return 0;
  for (std::size_t k = 0; k < kLanes; ++k) {
    output.values[step + k] = Function::OfFinite(sums[k], group[k].size());
    output.valid[step + k] = 1;
  }
  return kLanes;
}

template <class Function>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const auto values = input.values;
  const auto windows = input.windows.windows();
  // With little overlap the direct loop touches every sample about once: nothing to gain.
  const bool use_prefix = input.windows.total_samples() > 2 * values.size() && SumsAreExact(values);
  std::vector<double>& prefix = scratch.doubles;
  if (use_prefix) {
    prefix.assign(values.size() + 1, 0);
    for (std::size_t i = 0; i < values.size(); ++i) prefix[i + 1] = prefix[i] + values[i];
  }
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = !window.empty();
    if (window.empty()) continue;
    if (use_prefix) {
      output.values[step] = Function::OfExact(prefix[window.end] - prefix[window.begin], window.size());
    } else if (const std::size_t done = DoLanes<Function>(values, windows, step, output); done > 0) {
      step += done - 1;
    } else {
      output.values[step] = Function::Direct(values.subspan(window.begin, window.size()));
    }
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
