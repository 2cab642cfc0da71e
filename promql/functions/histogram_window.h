// Kernels of range functions for one window with at least one histogram in it.
#pragma once

#include <string_view>

#include "promql/functions/mixed_range.h"
#include "promql/functions/start_times.h"

namespace vigia::promql {

// Samples of a window, floats and histograms. With `has_floats` false, all are histograms.
struct MixedWindow {
  std::span<const TimestampMs> t;
  std::span<const double> values;
  std::span<const HistogramPtr> histograms;
  const WindowSet& windows;
  std::size_t step = 0;
  bool has_floats = false;
  std::span<const TimestampMs> starts = {};  // One per sample, or none.

  StartTimes start_times() const { return {t, starts}; }
};

// The result of one step: nothing, a value or a histogram.
struct MixedResult {
  double value = 0;
  bool valid = false;
  HistogramPtr h;

  static MixedResult Of(double v) { return {v, true, nullptr}; }
  static MixedResult Of(storage::FloatHistogram h);
  static MixedResult Of(HistogramPtr h) { return {0, true, std::move(h)}; }
};

using MixedKernel = MixedResult (*)(const MixedWindow& window, HistogramFlags& flags);

struct MixedSpec {
  std::string_view name;
  MixedKernel kernel = nullptr;
  // The window is dropped, with a warning, when it has floats as well: the kernel sees histograms only.
  bool drops_mixed = false;
};

extern const MixedSpec kMixedRate, kMixedIncrease, kMixedDelta;  // histogram_rate.cc
extern const MixedSpec kMixedIrate, kMixedIdelta;                // histogram_irate.cc
extern const MixedSpec kMixedSumOverTime, kMixedAvgOverTime;     // histogram_over_time.cc
extern const MixedSpec kMixedCountOverTime, kMixedPresentOverTime, kMixedFirstOverTime, kMixedLastOverTime,
    kMixedTsOfFirstOverTime, kMixedTsOfLastOverTime, kMixedChanges, kMixedResets;  // mixed_over_time.cc

}  // namespace vigia::promql
