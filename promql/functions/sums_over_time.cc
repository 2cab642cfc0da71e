// sum_over_time and avg_over_time (Prometheus promql/functions.go). The sums are compensated in the order of the
// samples, so that in general every window has to be added up on its own. Where no addition can round, though, every
// order gives the same bits, and a difference of prefix sums does: so for counts, bytes and all that is a whole
// multiple of some power of 2.
#include <bit>
#include <cmath>
#include <limits>

#include "promql/value/kahan_sum.h"
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"

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

// What Average() comes to when the sum is exact.
double AverageOfExact(double sum, double count) { return sum / count + 0 / count; }
double SumOfExact(double sum, double) { return sum; }

template <double (*kDirect)(std::span<const double>), double (*kOfExact)(double, double)>
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
    output.values[step] = use_prefix ? kOfExact(prefix[window.end] - prefix[window.begin], window.size())
                                     : kDirect(values.subspan(window.begin, window.size()));
  }
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kSumOverTime{.name = "sum_over_time", .kernel = &Evaluate<&Sum, &SumOfExact>};
constinit const RangeFunctionSpec kAvgOverTime{.name = "avg_over_time", .kernel = &Evaluate<&Average, &AverageOfExact>};

}  // namespace vigia::promql
