// Functions of range vectors on series that have native histograms, alone or among floats (surface.md 4.7, 4.8, 4.15;
// Prometheus promql/functions.go). Floats go through the same kernels as ever; a window with histograms gets what its
// function makes of them.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "promql/functions/range_function.h"
#include "promql/histogram/histogram_flags.h"
#include "promql/value/value.h"

namespace vigia::promql {

struct MixedRangeInput {
  // Parallel to windows.timestamps(); stale markers are already gone. Where a histogram is set, the value means
  // nothing.
  std::span<const double> values;
  std::span<const HistogramPtr> histograms;
  const WindowSet& windows;
  std::array<ScalarArgument, 2> scalars;
  std::span<const TimestampMs> starts = {};  // As in RangeInput.
};

// One slot for each step; every one is written. valid 1: the result is the histogram if one is set, else the value.
struct MixedStepOutput {
  std::span<double> values;
  std::span<std::uint8_t> valid;
  std::span<HistogramPtr> histograms;
};

// Memory reused from series to series: keep one per worker.
struct MixedRangeScratch {
  RangeScratch floats;
  std::vector<TimestampMs> float_times;
  std::vector<double> float_values;
  std::vector<TimestampMs> float_starts;
  std::vector<std::uint32_t> histograms_before;  // How many there are in front of each sample.
};

// Any range function, on one series with at least one histogram. `flags` gains what is to be told about the series.
// The row's own annotation (RangeAnnotation) is about steps with a float result only.
storage::Status EvaluateMixedRange(const RangeFunctionSpec& spec, const MixedRangeInput& input,
                                   MixedRangeScratch& scratch, MixedStepOutput output, HistogramFlags& flags);

}  // namespace vigia::promql
