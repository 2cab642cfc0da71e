// stddev_over_time and stdvar_over_time: Welford's algorithm with compensated sums (Prometheus promql/functions.go,
// varianceOverTime).
#include <cmath>

#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/functions/window_runs.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

struct VarianceRun {
  const double* values;
  double count = 0;
  KahanSum mean = {};
  KahanSum squares = {};

  void Add(std::size_t sample) {
    const double value = values[sample];
    ++count;
    const double delta = value - mean.Total();
    mean.Add(delta / count);
    squares.Add(delta * (value - mean.Total()));
  }
  double Variance() const { return squares.Total() / count; }
};

template <bool kRoot>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const auto windows = input.windows.windows();
  PickedWindows& picked = scratch.picked;
  picked.Clear();
  for (std::size_t step = 0; step < windows.size(); ++step) {
    output.valid[step] = !windows[step].empty();
    if (!windows[step].empty()) picked.Add(step, windows[step]);
  }
  RunWindows(
      picked.windows, RunSharing::kByBegin, [&](std::size_t) { return VarianceRun{input.values.data()}; },
      [&](std::size_t i, const VarianceRun& run) {
        const double variance = run.Variance();
        output.values[picked.steps[i]] = kRoot ? std::sqrt(variance) : variance;
      });
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kStddevOverTime{.name = "stddev_over_time", .kernel = &Evaluate<true>};
constinit const RangeFunctionSpec kStdvarOverTime{.name = "stdvar_over_time", .kernel = &Evaluate<false>};

}  // namespace vigia::promql
