// rate, increase, delta (surface.md 4.8; Prometheus promql/functions.go, extrapolatedRate).
#include <algorithm>
#include <array>

#include "promql/functions/extended_rate.h"
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/functions/rate_kernels.h"
#include "promql/functions/start_times.h"

namespace vigia::promql {
namespace {

enum class Kind { kRate, kIncrease, kDelta };

// Indices of the samples that are below the one before them, or that started to count after it.
void FindResets(const RangeInput& input, std::vector<std::uint32_t>& resets) {
  resets.clear();
  const auto values = input.values;
  if (input.starts.empty()) {
    constexpr std::size_t kBlock = 256;  // Resets are rare: most blocks have none.
    for (std::size_t begin = 1; begin < values.size(); begin += kBlock) {
      const std::size_t end = std::min(begin + kBlock, values.size());
      if (!BestRateKernels().descends(values.data() + begin - 1, end - begin + 1)) continue;
      for (std::size_t i = begin; i < end; ++i) {
        if (values[i] < values[i - 1]) resets.push_back(static_cast<std::uint32_t>(i));
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

// Steps from `begin` to before `end`, each by itself. The increase over each window is last - first plus the value
// before each reset, added in order: only resets need a loop, and they are few, so a step costs the same however many
// samples its window has.
template <Kind kKind>
void PlainSteps(const RangeInput& input, std::span<const std::uint32_t> resets, std::size_t begin, std::size_t end,
                StepOutput output) {
  constexpr bool kIsCounter = kKind != Kind::kDelta;
  const auto values = input.values;
  const auto windows = input.windows.windows();
  const auto extrapolations = input.windows.Extrapolations();
  const double range_seconds = input.windows.grid().RangeSeconds();
  const bool has_starts = kIsCounter && !input.starts.empty();
  auto next_reset = std::ranges::upper_bound(resets, windows[begin].begin);
  for (std::size_t step = begin; step < end; ++step) {
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
      while (next_reset != resets.end() && *next_reset <= window.begin) ++next_reset;
      for (auto reset = next_reset; reset != resets.end() && *reset < window.end; ++reset) result += values[*reset - 1];
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

// All steps together, as if there were no resets. Those near the zero point of a counter are done each by itself.
template <Kind kKind>
void SmoothSteps(const RangeInput& input, StepOutput output) {
  constexpr std::size_t kBlock = 256;
  const RateColumns& columns = input.windows.ForRates();
  const RateKernels& kernels = BestRateKernels();
  const std::vector<double>& factors = kKind == Kind::kRate ? columns.per_second : columns.factors;
  std::ranges::copy(columns.valid, output.valid.begin());
  std::array<double, kBlock> first;
  std::array<double, kBlock> last;
  for (std::size_t begin = 0; begin < columns.valid.size(); begin += kBlock) {
    const std::size_t count = std::min(kBlock, columns.valid.size() - begin);
    for (std::size_t i = 0; i < count; ++i) {
      first[i] = input.values[columns.first[begin + i]];
      last[i] = input.values[columns.last[begin + i]];
    }
    const bool is_usual = kernels.differences(first.data(), last.data(), factors.data() + begin,
                                              columns.limits.data() + begin, count, output.values.data() + begin);
    if (kKind != Kind::kDelta && !is_usual) PlainSteps<kKind>(input, {}, begin, begin + count, output);
  }
}

template <Kind kKind>
void AllSteps(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const auto windows = input.windows.windows();
  std::vector<std::uint32_t>& resets = scratch.indices;
  resets.clear();
  if constexpr (kKind != Kind::kDelta) FindResets(input, resets);
  const bool has_starts = kKind != Kind::kDelta && !input.starts.empty();
  if (windows.empty()) return;
  if (has_starts || input.values.empty() || resets.size() > windows.size() / 8) {
    PlainSteps<kKind>(input, resets, 0, windows.size(), output);
    return;
  }
  SmoothSteps<kKind>(input, output);
  std::size_t done = 0;
  for (const std::uint32_t reset : resets) {  // Both bounds of the windows ascend.
    const auto holds_later = [&](const Window& window) { return window.end <= reset; };
    const auto from = std::ranges::partition_point(windows, holds_later);
    const auto to = std::partition_point(from, windows.end(), [&](const Window& w) { return w.begin < reset; });
    const std::size_t begin = std::max(done, static_cast<std::size_t>(from - windows.begin()));
    done = std::max(done, static_cast<std::size_t>(to - windows.begin()));
    if (begin < done) PlainSteps<kKind>(input, resets, begin, done, output);
  }
}

template <Kind kKind>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  if (input.windows.grid().kind == WindowKind::kPlain) {
    AllSteps<kKind>(input, scratch, output);
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
