// stddev_over_time and stdvar_over_time: Welford's algorithm with compensated sums (Prometheus promql/functions.go,
// varianceOverTime). Each step depends on the one before it, so every window is run through.
#include <cmath>

#include "promql/value/kahan_sum.h"
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"

namespace vigia::promql {
namespace {

double Variance(std::span<const double> values) {
  double count = 0;
  KahanSum mean;
  KahanSum squares;
  for (const double value : values) {
    ++count;
    const double delta = value - mean.Total();
    mean.Add(delta / count);
    squares.Add(delta * (value - mean.Total()));
  }
  return squares.Total() / count;
}

template <bool kRoot>
storage::Status Evaluate(const RangeInput& input, RangeScratch&, StepOutput output) {
  const auto windows = input.windows.windows();
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = !window.empty();
    if (window.empty()) continue;
    const double variance = Variance(input.values.subspan(window.begin, window.size()));
    output.values[step] = kRoot ? std::sqrt(variance) : variance;
  }
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kStddevOverTime{.name = "stddev_over_time", .kernel = &Evaluate<true>};
constinit const RangeFunctionSpec kStdvarOverTime{.name = "stdvar_over_time", .kernel = &Evaluate<false>};

}  // namespace vigia::promql
