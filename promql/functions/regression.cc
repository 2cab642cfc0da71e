// deriv and predict_linear: least squares with compensated sums (Prometheus promql/functions.go, linearRegression). x
// is relative to a time that differs from window to window.
#include <cmath>
#include <limits>

#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/functions/window_runs.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

struct Line {
  double slope;
  double intercept;  // At the origin.
};

struct FitRun {
  const TimestampMs* times;
  const double* values;
  TimestampMs origin;
  double count = 0;
  KahanSum sum_x = {}, sum_y = {}, sum_xy = {}, sum_xx = {};

  void Add(std::size_t sample) {
    const double x = static_cast<double>(times[sample] - origin) / 1e3;
    const double y = values[sample];
    ++count;
    sum_x.Add(x);
    sum_y.Add(y);
    sum_xy.Add(x * y);
    sum_xx.Add(x * x);
  }

  Line Fit() const {
    const double x = sum_x.Total();
    const double y = sum_y.Total();
    const double covariance = sum_xy.Total() - x * y / count;
    const double variance = sum_xx.Total() - x * x / count;
    const double slope = covariance / variance;
    return {slope, y / count - slope * x / count};
  }
};

Line LineOfConstant(double value) {
  if (!std::isinf(value)) return {0, value};
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  return {kNan, kNan};
}

template <bool kPredict>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const auto t = input.windows.timestamps();
  const auto v = input.values;
  const auto windows = input.windows.windows();
  const auto write = [&](std::size_t step, const Line& line) {
    output.values[step] = kPredict ? line.slope * input.scalars[0].At(step) + line.intercept : line.slope;
  };
  PickedWindows& picked = scratch.picked;
  picked.Clear();
  std::size_t change = 0;  // The first sample behind a window's first that is not what it was before.
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = window.size() >= 2;
    if (window.size() < 2) continue;
    if (change <= window.begin) change = window.begin + 1;
    while (change < window.end && v[change] == v[change - 1]) ++change;
    if (change >= window.end) {
      write(step, LineOfConstant(v[window.begin]));
    } else {
      picked.Add(step, window);
    }
  }
  // An origin near the samples keeps the squares of x small enough to be exact.
  const auto make = [&](std::size_t i) {
    const TimestampMs origin = kPredict ? input.windows.grid().EvalTime(picked.steps[i]) : t[picked.windows[i].begin];
    return FitRun{t.data(), v.data(), origin};
  };
  RunWindows(picked.windows, kPredict ? RunSharing::kNone : RunSharing::kByBegin, make,
             [&](std::size_t i, const FitRun& run) { write(picked.steps[i], run.Fit()); });
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kDeriv{.name = "deriv", .kernel = &Evaluate<false>};
constinit const RangeFunctionSpec kPredictLinear{.name = "predict_linear", .kernel = &Evaluate<true>};

}  // namespace vigia::promql
