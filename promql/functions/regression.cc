// deriv and predict_linear: least squares with compensated sums (Prometheus promql/functions.go, linearRegression). x
// is relative to a time that differs from window to window, so every window is run through.
#include <cmath>
#include <limits>

#include "promql/value/kahan_sum.h"
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"

namespace vigia::promql {
namespace {

struct Line {
  double slope;
  double intercept;  // At the given time.
};

bool IsConstant(std::span<const double> values) {
  for (const double value : values.subspan(1)) {
    if (value != values[0]) return false;
  }
  return true;
}

Line Fit(std::span<const TimestampMs> times, std::span<const double> values, TimestampMs origin) {
  if (IsConstant(values)) {
    if (!std::isinf(values[0])) return {0, values[0]};
    constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
    return {kNan, kNan};
  }
  KahanSum sum_x, sum_y, sum_xy, sum_xx;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double x = static_cast<double>(times[i] - origin) / 1e3;
    sum_x.Add(x);
    sum_y.Add(values[i]);
    sum_xy.Add(x * values[i]);
    sum_xx.Add(x * x);
  }
  const auto n = static_cast<double>(values.size());
  const double x = sum_x.Total();
  const double y = sum_y.Total();
  const double covariance = sum_xy.Total() - x * y / n;
  const double variance = sum_xx.Total() - x * x / n;
  const double slope = covariance / variance;
  return {slope, y / n - slope * x / n};
}

template <bool kPredict>
storage::Status Evaluate(const RangeInput& input, RangeScratch&, StepOutput output) {
  const auto t = input.windows.timestamps();
  const auto windows = input.windows.windows();
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = window.size() >= 2;
    if (window.size() < 2) continue;
    // An origin near the samples keeps the squares of x small enough to be exact.
    const TimestampMs origin = kPredict ? input.windows.grid().EvalTime(step) : t[window.begin];
    const Line line =
        Fit(t.subspan(window.begin, window.size()), input.values.subspan(window.begin, window.size()), origin);
    output.values[step] = kPredict ? line.slope * input.scalars[0].At(step) + line.intercept : line.slope;
  }
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kDeriv{.name = "deriv", .kernel = &Evaluate<false>};
constinit const RangeFunctionSpec kPredictLinear{.name = "predict_linear", .kernel = &Evaluate<true>};

}  // namespace vigia::promql
