// The functions that look at one sample of a window, or only at how many there are.
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"

namespace vigia::promql {
namespace {

template <double (*kPick)(const RangeInput&, Window)>
storage::Status Evaluate(const RangeInput& input, RangeScratch&, StepOutput output) {
  const auto windows = input.windows.windows();
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = !window.empty();
    if (!window.empty()) output.values[step] = kPick(input, window);
  }
  return {};
}

double Seconds(TimestampMs t) { return static_cast<double>(t) / 1000; }

double Count(const RangeInput&, Window window) { return window.size(); }
double Present(const RangeInput&, Window) { return 1; }
double First(const RangeInput& input, Window window) { return input.values[window.begin]; }
double Last(const RangeInput& input, Window window) { return input.values[window.end - 1]; }
double FirstTime(const RangeInput& input, Window window) { return Seconds(input.windows.timestamps()[window.begin]); }
double LastTime(const RangeInput& input, Window window) { return Seconds(input.windows.timestamps()[window.end - 1]); }

}  // namespace

constinit const RangeFunctionSpec kCountOverTime{
    .name = "count_over_time", .kernel = &Evaluate<&Count>, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kPresentOverTime{
    .name = "present_over_time", .kernel = &Evaluate<&Present>, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kFirstOverTime{
    .name = "first_over_time", .kernel = &Evaluate<&First>, .keeps_metric_name = true, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kLastOverTime{
    .name = "last_over_time", .kernel = &Evaluate<&Last>, .keeps_metric_name = true, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kTsOfFirstOverTime{
    .name = "ts_of_first_over_time", .kernel = &Evaluate<&FirstTime>, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kTsOfLastOverTime{
    .name = "ts_of_last_over_time", .kernel = &Evaluate<&LastTime>, .samples_per_call = kAnyOverlap};

}  // namespace vigia::promql
