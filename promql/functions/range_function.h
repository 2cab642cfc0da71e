// Functions of a range vector (rate, avg_over_time, ...) on floats: a kernel gets one series and all its windows at
// once, so that its cost can be O(samples + steps). Knows neither syntax tree nor storage. Source: Prometheus
// promql/functions.go, surface.md 4.7 and 4.8. Histograms get kernels of their own beside these; the row of a function
// then names both.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "promql/functions/binade_jumps.h"
#include "promql/functions/rank_window.h"
#include "promql/functions/window_set.h"
#include "promql/value/kahan_sum.h"
#include "storage/model/error.h"

namespace vigia::promql {

// A scalar argument: one value for each step, or a single one that holds for all steps.
struct ScalarArgument {
  std::span<const double> values;
  double At(std::size_t step) const { return values.size() == 1 ? values[0] : values[step]; }
};

struct RangeInput {
  // Column of values belonging to windows.timestamps(); stale markers are already gone.
  std::span<const double> values;
  const WindowSet& windows;
  // The function's scalar arguments in the order written, the range vector left out.
  std::array<ScalarArgument, 2> scalars;
  // Start timestamps, one per value; or none: then nothing is known. Only where windows are plain.
  std::span<const TimestampMs> starts = {};
};

// One slot for each step. A kernel writes every slot of `valid` (0 or 1); values of invalid slots mean nothing.
struct StepOutput {
  std::span<double> values;
  std::span<std::uint8_t> valid;
};

// Some of the windows, and the steps that they are of.
struct PickedWindows {
  std::vector<Window> windows;
  std::vector<std::uint32_t> steps;

  void Clear() {
    windows.clear();
    steps.clear();
  }
  void Add(std::size_t step, Window window) {
    windows.push_back(window);
    steps.push_back(static_cast<std::uint32_t>(step));
  }
};

// Memory that kernels reuse from series to series: keep one per worker.
struct RangeScratch {
  std::vector<std::uint32_t> indices;
  std::vector<double> doubles;
  std::vector<std::int64_t> column_keys, keys, removed, added, merged;  // Sorted windows, see quantile_over_time.cc.
  RankScratch ranks;
  PickedWindows picked;
  std::vector<KahanSum> sums, picked_sums;  // See sums_over_time.cc.
  BinadeScratch binades;
};

// REQUIRES: input.values.size() == timestamps, output spans of windows.steps() slots. The error is an evaluation error
// of the query (only double_exponential_smoothing has one, its text as Prometheus'). Pure but for `scratch`.
using RangeKernel = storage::Status (*)(const RangeInput& input, RangeScratch& scratch, StepOutput output);

enum class RangeAnnotation {
  kNone,
  kCounterName,       // rate, increase: the info about the metric name (or __type__), if any step is valid.
  kQuantileArgument,  // quantile_over_time: for every valid step whose scalar 0 is invalid (see IsValidQuantile), a
                      // warning.
};

// How many samples of windows, each counted as often as windows hold it, a kernel may look at between two looks at the
// deadline: some tens of milliseconds. Kernels that look at each sample about once, however much windows overlap, are
// not held up by this: to cut them into parts would repeat what they do for all steps together.
inline constexpr std::uint64_t kSamplesPerCall = 2'000'000;
inline constexpr std::uint64_t kAnyOverlap = 1'000'000'000;

struct RangeFunctionSpec {
  std::string_view name;
  RangeKernel kernel = nullptr;
  std::uint8_t range_argument = 0;  // Which argument is the range vector; all others are scalars.
  bool keeps_metric_name = false;
  bool allows_anchored = false;
  bool allows_smoothed = false;
  RangeAnnotation annotation = RangeAnnotation::kNone;
  std::uint64_t samples_per_call = kSamplesPerCall;
};

// nullptr when there is no such function of a range vector. absent_over_time is present_over_time turned round by the
// executor, which alone knows the selector's labels.
const RangeFunctionSpec* FindRangeFunction(std::string_view name);
std::span<const RangeFunctionSpec* const> AllRangeFunctions();

}  // namespace vigia::promql
