// irate and idelta: the last two samples (Prometheus promql/functions.go, instantValue).
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/functions/start_times.h"

namespace vigia::promql {
namespace {

template <bool kIsRate>
storage::Status Evaluate(const RangeInput& input, RangeScratch&, StepOutput output) {
  const auto t = input.windows.timestamps();
  const StartTimes times{t, input.starts};
  const auto windows = input.windows.windows();
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = window.size() >= 2;
    if (window.size() < 2) continue;
    const std::size_t last = window.end - 1;
    const double previous = input.values[last - 1];
    double result = input.values[last];
    // After a reset the counter started again at 0, so all of the last value is its increase.
    if (!kIsRate || !(result < previous || times.ResetsAt(last))) result -= previous;
    if (kIsRate) result /= static_cast<double>(t[last] - t[last - 1]) / 1000;
    output.values[step] = result;
  }
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kIrate{.name = "irate", .kernel = &Evaluate<true>, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kIdelta{
    .name = "idelta", .kernel = &Evaluate<false>, .samples_per_call = kAnyOverlap};

}  // namespace vigia::promql
