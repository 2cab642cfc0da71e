// rate, increase, delta (surface.md 4.8; Prometheus promql/functions.go, extrapolatedRate).
#include <algorithm>

#include "promql/functions/extended_rate.h"
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/functions/start_times.h"

namespace vigia::promql {
namespace {

enum class Kind { kRate, kIncrease, kDelta };

// Indices of the samples that are below the one before them, or that started to count after it.
void FindResets(const RangeInput& input, std::vector<std::uint32_t>& resets) {
  resets.clear();
  const auto values = input.values;
  if (input.starts.empty()) {
    constexpr std::size_t kBlock = 32;  // Resets are rare: a block without one is told by vector instructions.
    for (std::size_t i = 1; i < values.size(); i += kBlock) {
      const std::size_t end = std::min(i + kBlock, values.size());
      if (end == i + kBlock) {
        unsigned found = 0;
        for (std::size_t k = 0; k < kBlock; ++k) found |= unsigned{values[i + k] < values[i + k - 1]};
        if (found == 0) continue;
      }
      for (std::size_t at = i; at < end; ++at) {
        if (values[at] < values[at - 1]) resets.push_back(static_cast<std::uint32_t>(at));
      }
    }
    return;
  }
  const StartTimes times{input.windows.timestamps(), input.starts};
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] < values[i - 1] || times.ResetsAt(i)) resets.push_back(static_cast<std::uint32_t>(i));
  }
}

template <Kind kKind>
void ExtendedSteps(const RangeInput& input, StepOutput output) {
  const double range_seconds = input.windows.grid().RangeSeconds();
  for (std::size_t step = 0; step < input.windows.steps(); ++step) {
    const auto increase = ExtendedIncrease(input, step, kKind != Kind::kDelta);
    output.valid[step] = increase.has_value();
    if (!increase) continue;
    output.values[step] = kKind == Kind::kRate ? *increase / range_seconds : *increase;
  }
}

// The increase over each window is last - first plus the value before each reset, added in order: only resets need a
// loop, and they are few, so a step costs the same however many samples its window has.
template <Kind kKind>
void PlainSteps(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  constexpr bool kIsCounter = kKind != Kind::kDelta;
  const auto values = input.values;
  const auto windows = input.windows.windows();
  const auto extrapolations = input.windows.Extrapolations();
  const double range_seconds = input.windows.grid().RangeSeconds();
  std::vector<std::uint32_t>& resets = scratch.indices;
  if constexpr (kIsCounter) FindResets(input, resets);
  const bool has_starts = kIsCounter && !input.starts.empty();
  std::size_t next_reset = 0;
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    const TimestampMs start =
        has_starts && !window.empty() ? StartWithin(input.windows, step, input.starts[window.begin]) : 0;
    output.valid[step] = window.size() >= 2 || start != 0;
    if (output.valid[step] == 0) continue;
    const double first = values[window.begin];
    double result = values[window.end - 1] - first;
    const Extrapolation& terms = extrapolations[step];
    double factor = terms.factor;
    bool is_usual = true;  // The factor is the window's own.
    if constexpr (kIsCounter) {
      while (next_reset < resets.size() && resets[next_reset] <= window.begin) ++next_reset;
      for (std::size_t i = next_reset; i < resets.size() && resets[i] < window.end; ++i)
        result += values[resets[i] - 1];
      // A counter cannot be below 0: where the line through it meets 0 is the earliest start there can be. It lies
      // before the whole window when the counter has not doubled in it: no need to divide.
      if (start != 0) {
        result += first;
        factor = FactorFromStart(input.windows, step, start);
        is_usual = false;
      } else if (result > 0 && first >= 0 && !(first >= result && terms.to_start <= terms.sampled)) {
        const double to_zero = terms.sampled * (first / result);
        if (to_zero < terms.to_start) {
          factor = (terms.sampled + to_zero + terms.to_end) / terms.sampled;
          is_usual = false;
        }
      }
    }
    if constexpr (kKind == Kind::kRate) factor = is_usual ? terms.per_second : factor / range_seconds;
    output.values[step] = result * factor;
  }
}

template <Kind kKind>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  if (input.windows.grid().kind == WindowKind::kPlain) {
    PlainSteps<kKind>(input, scratch, output);
  } else {
    ExtendedSteps<kKind>(input, output);
  }
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kRate{.name = "rate",
                                        .kernel = &Evaluate<Kind::kRate>,
                                        .allows_anchored = true,
                                        .allows_smoothed = true,
                                        .annotation = RangeAnnotation::kCounterName,
                                        .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kIncrease{.name = "increase",
                                            .kernel = &Evaluate<Kind::kIncrease>,
                                            .allows_anchored = true,
                                            .allows_smoothed = true,
                                            .annotation = RangeAnnotation::kCounterName,
                                            .samples_per_call = kAnyOverlap};
constinit const RangeFunctionSpec kDelta{.name = "delta",
                                         .kernel = &Evaluate<Kind::kDelta>,
                                         .allows_anchored = true,
                                         .allows_smoothed = true,
                                         .samples_per_call = kAnyOverlap};

}  // namespace vigia::promql
