// changes and resets: differences of prefix counts.
#include <cmath>

#include "promql/functions/extended_rate.h"
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/functions/start_times.h"

namespace vigia::promql {
namespace {

bool IsChange(const RangeInput& input, std::size_t i) {
  const double previous = input.values[i - 1];
  const double current = input.values[i];
  return current != previous && !(std::isnan(current) && std::isnan(previous));
}
bool IsReset(const RangeInput& input, std::size_t i) {
  return input.values[i] < input.values[i - 1] || StartTimes{input.windows.timestamps(), input.starts}.ResetsAt(i);
}

template <bool (*kHappens)(const RangeInput&, std::size_t)>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const auto values = input.values;
  std::vector<std::uint32_t>& until = scratch.indices;  // Events up to and including this sample.
  until.assign(values.size(), 0);
  for (std::size_t i = 1; i < values.size(); ++i) until[i] = until[i - 1] + (kHappens(input, i) ? 1 : 0);
  for (std::size_t step = 0; step < input.windows.steps(); ++step) {
    const auto first = FirstSampleOfRange(input.windows, step);
    output.valid[step] = first.has_value();
    if (!first) continue;
    output.values[step] = static_cast<double>(until[input.windows.windows()[step].end - 1] - until[*first]);
  }
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kChanges{
    .name = "changes", .kernel = &Evaluate<&IsChange>, .allows_anchored = true, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kResets{
    .name = "resets", .kernel = &Evaluate<&IsReset>, .allows_anchored = true, .samples_per_call = kAnyOverlap};

}  // namespace vigia::promql
