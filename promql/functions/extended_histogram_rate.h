// Native histograms in anchored and smoothed ranges and between samples (surface.md 4.8; Prometheus
// promql/functions.go, extendedHistogramRate and interpolateHistograms).
#pragma once

#include <optional>

#include "promql/functions/histogram_window.h"

namespace vigia::promql {

struct HistogramSample {
  TimestampMs t = 0;
  const storage::FloatHistogram* h = nullptr;
};

// The histogram at time `at_ms` on the line from `a` to `b`; a counter with a reset between them starts from nothing.
// nullopt and kMixedExponentialCustom when they are not compatible. REQUIRES: a.t <= at_ms <= b.t, a.t < b.t.
// For `x smoothed` as an instant vector, `is_counter` is that not both are gauges, and compatibility (bounds.h,
// UsesCustomBuckets) is to be asked before.
std::optional<storage::FloatHistogram> InterpolateHistograms(HistogramSample a, HistogramSample b, TimestampMs at_ms,
                                                             bool is_counter, HistogramFlags& flags);

// The difference between both ends of the range, with resets taken into account for a counter; compact, a gauge.
// REQUIRES: the window is not empty and has no floats.
std::optional<storage::FloatHistogram> ExtendedHistogramIncrease(const MixedWindow& window, bool is_counter,
                                                                 HistogramFlags& flags);

}  // namespace vigia::promql
