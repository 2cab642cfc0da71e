// min, max and the time of either: a monotonic queue over the sliding window (Prometheus promql/functions.go,
// compareOverTime). NaN counts only where a window holds nothing else; then its last sample is the answer.
#include <cmath>

#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"

namespace vigia::promql {
namespace {

enum class Answer { kValue, kTime };

// kSupersedes(older, newer): the older one can never again be the answer. Of equal values Prometheus answers with the
// first for the value (which matters for 0 and -0), with the last for the time.
bool BelowMax(double older, double newer) { return older < newer; }
bool NotAboveMax(double older, double newer) { return older <= newer; }
bool AboveMin(double older, double newer) { return older > newer; }
bool NotBelowMin(double older, double newer) { return older >= newer; }

template <Answer kAnswer, bool (*kSupersedes)(double, double)>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const auto values = input.values;
  const auto t = input.windows.timestamps();
  const auto windows = input.windows.windows();
  std::vector<std::uint32_t>& queue = scratch.indices;  // Candidates, best first, from `head` on.
  queue.clear();
  std::size_t head = 0;
  std::uint32_t next = 0;
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = !window.empty();
    if (window.empty()) continue;
    if (next < window.begin) next = window.begin;
    for (; next < window.end; ++next) {
      if (std::isnan(values[next])) continue;
      while (queue.size() > head && kSupersedes(values[queue.back()], values[next])) queue.pop_back();
      queue.push_back(next);
    }
    while (head < queue.size() && queue[head] < window.begin) ++head;
    const std::uint32_t best = head < queue.size() ? queue[head] : window.end - 1;
    output.values[step] = kAnswer == Answer::kValue ? values[best] : static_cast<double>(t[best]) / 1000;
  }
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kMaxOverTime{
    .name = "max_over_time", .kernel = &Evaluate<Answer::kValue, &BelowMax>, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kMinOverTime{
    .name = "min_over_time", .kernel = &Evaluate<Answer::kValue, &AboveMin>, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kTsOfMaxOverTime{
    .name = "ts_of_max_over_time", .kernel = &Evaluate<Answer::kTime, &NotAboveMax>, .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kTsOfMinOverTime{
    .name = "ts_of_min_over_time", .kernel = &Evaluate<Answer::kTime, &NotBelowMin>, .samples_per_call = kAnyOverlap};

}  // namespace vigia::promql
