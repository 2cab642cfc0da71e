// double_exponential_smoothing, once called holt_winters (Prometheus promql/functions.go).
#include <algorithm>

#include <fmt/format.h>

#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/functions/window_runs.h"

namespace vigia::promql {
namespace {

struct SmoothingRun {
  const double* values;
  double smoothing;
  double trend_factor;
  std::uint32_t count = 0;
  double before = 0;
  double smoothed = 0;
  double trend = 0;

  void Add(std::size_t sample) {
    const double value = values[sample];
    if (count == 0) {
      smoothed = value;
    } else {
      if (count == 1) {
        trend = value - smoothed;
      } else {
        const double slope = trend_factor * (smoothed - before);
        const double inherited = (1 - trend_factor) * trend;
        trend = slope + inherited;
      }
      const double forecast = (1 - smoothing) * (smoothed + trend);
      before = smoothed;
      smoothed = smoothing * value + forecast;
    }
    ++count;
  }
};

storage::Status CheckFactor(std::string_view what, std::string_view symbol, double factor) {
  if (!(factor <= 0) && !(factor >= 1)) return {};
  return storage::Error{storage::Errc::kInvalid,
                        fmt::format("invalid {} factor. Expected: 0 < {} < 1, got: {:f}", what, symbol, factor)};
}

bool IsConstant(const ScalarArgument& argument) {
  return std::ranges::all_of(argument.values, [&](double value) { return value == argument.values[0]; });
}

storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const auto windows = input.windows.windows();
  PickedWindows& picked = scratch.picked;
  picked.Clear();
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = window.size() >= 2;
    if (window.empty()) continue;
    if (auto status = CheckFactor("smoothing", "sf", input.scalars[0].At(step)); !status) return status;
    if (auto status = CheckFactor("trend", "tf", input.scalars[1].At(step)); !status) return status;
    if (window.size() >= 2) picked.Add(step, window);
  }
  const auto make = [&](std::size_t i) {
    const std::uint32_t step = picked.steps[i];
    return SmoothingRun{input.values.data(), input.scalars[0].At(step), input.scalars[1].At(step)};
  };
  const bool same_factors = IsConstant(input.scalars[0]) && IsConstant(input.scalars[1]);
  RunWindows(picked.windows, same_factors ? RunSharing::kByBegin : RunSharing::kNone, make,
             [&](std::size_t i, const SmoothingRun& run) { output.values[picked.steps[i]] = run.smoothed; });
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kDoubleExponentialSmoothing{.name = "double_exponential_smoothing",
                                                              .kernel = &Evaluate};

}  // namespace vigia::promql
