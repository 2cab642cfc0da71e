// double_exponential_smoothing, once called holt_winters (Prometheus promql/functions.go).
#include <fmt/format.h>

#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"

namespace vigia::promql {
namespace {

double Smooth(std::span<const double> values, double smoothing, double trend_factor) {
  double before = 0;
  double smoothed = values[0];
  double trend = values[1] - values[0];
  for (std::size_t i = 1; i < values.size(); ++i) {
    const double scaled = smoothing * values[i];
    if (i > 1) {
      const double slope = trend_factor * (smoothed - before);
      const double inherited = (1 - trend_factor) * trend;
      trend = slope + inherited;
    }
    const double forecast = (1 - smoothing) * (smoothed + trend);
    before = smoothed;
    smoothed = scaled + forecast;
  }
  return smoothed;
}

storage::Status CheckFactor(std::string_view what, std::string_view symbol, double factor) {
  if (!(factor <= 0) && !(factor >= 1)) return {};
  return storage::Error{storage::Errc::kInvalid,
                        fmt::format("invalid {} factor. Expected: 0 < {} < 1, got: {:f}", what, symbol, factor)};
}

storage::Status Evaluate(const RangeInput& input, RangeScratch&, StepOutput output) {
  const auto windows = input.windows.windows();
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = window.size() >= 2;
    if (window.empty()) continue;
    const double smoothing = input.scalars[0].At(step);
    const double trend_factor = input.scalars[1].At(step);
    if (auto status = CheckFactor("smoothing", "sf", smoothing); !status) return status;
    if (auto status = CheckFactor("trend", "tf", trend_factor); !status) return status;
    if (window.size() < 2) continue;
    output.values[step] = Smooth(input.values.subspan(window.begin, window.size()), smoothing, trend_factor);
  }
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kDoubleExponentialSmoothing{.name = "double_exponential_smoothing",
                                                              .kernel = &Evaluate};

}  // namespace vigia::promql
