#include "promql/functions/mixed_range.h"

#include <algorithm>
#include <array>
#include <optional>

#include "promql/functions/histogram_window.h"

namespace vigia::promql {
namespace {

// Functions that are not here know floats only.
constexpr std::array<const MixedSpec*, 15> kSpecs = {&kMixedRate,
                                                     &kMixedIncrease,
                                                     &kMixedDelta,
                                                     &kMixedIrate,
                                                     &kMixedIdelta,
                                                     &kMixedSumOverTime,
                                                     &kMixedAvgOverTime,
                                                     &kMixedCountOverTime,
                                                     &kMixedPresentOverTime,
                                                     &kMixedFirstOverTime,
                                                     &kMixedLastOverTime,
                                                     &kMixedTsOfFirstOverTime,
                                                     &kMixedTsOfLastOverTime,
                                                     &kMixedChanges,
                                                     &kMixedResets};

const MixedSpec* FindSpec(std::string_view name) {
  const auto found =
      std::find_if(kSpecs.begin(), kSpecs.end(), [&](const MixedSpec* spec) { return spec->name == name; });
  return found == kSpecs.end() ? nullptr : *found;
}

void TakeFloats(const MixedRangeInput& input, MixedRangeScratch& scratch) {
  const auto t = input.windows.timestamps();
  scratch.float_times.clear();
  scratch.float_values.clear();
  scratch.float_starts.clear();
  scratch.histograms_before.assign(t.size() + 1, 0);
  for (std::size_t i = 0; i < t.size(); ++i) {
    const bool is_histogram = input.histograms[i] != nullptr;
    scratch.histograms_before[i + 1] = scratch.histograms_before[i] + (is_histogram ? 1 : 0);
    if (is_histogram) continue;
    scratch.float_times.push_back(t[i]);
    scratch.float_values.push_back(input.values[i]);
    if (!input.starts.empty()) scratch.float_starts.push_back(input.starts[i]);
  }
}

MixedWindow WindowOf(const MixedRangeInput& input, std::size_t step, std::uint32_t histograms) {
  const Window window = input.windows.windows()[step];
  return {.t = input.windows.timestamps().subspan(window.begin, window.size()),
          .values = input.values.subspan(window.begin, window.size()),
          .histograms = input.histograms.subspan(window.begin, window.size()),
          .windows = input.windows,
          .step = step,
          .has_floats = histograms < window.size(),
          .starts = input.starts.empty() ? input.starts : input.starts.subspan(window.begin, window.size())};
}

}  // namespace

MixedResult MixedResult::Of(storage::FloatHistogram h) {
  return Of(std::make_shared<const storage::FloatHistogram>(std::move(h)));
}

storage::Status EvaluateMixedRange(const RangeFunctionSpec& spec, const MixedRangeInput& input,
                                   MixedRangeScratch& scratch, MixedStepOutput output, HistogramFlags& flags) {
  TakeFloats(input, scratch);
  // In a window without histograms the floats are all there is; in others their result is replaced below, unless the
  // function does not look at histograms anyway.
  const WindowSet windows(scratch.float_times, input.windows.grid());
  const RangeInput floats{scratch.float_values, windows, input.scalars, scratch.float_starts};
  if (auto status = spec.kernel(floats, scratch.floats, {output.values, output.valid}); !status) return status;
  const MixedSpec* const mixed = FindSpec(spec.name);
  for (std::size_t step = 0; step < input.windows.steps(); ++step) {
    output.histograms[step] = nullptr;
    const Window window = input.windows.windows()[step];
    const std::uint32_t histograms = scratch.histograms_before[window.end] - scratch.histograms_before[window.begin];
    if (histograms == 0) continue;
    const bool has_floats = histograms < window.size();
    if (mixed == nullptr) {
      flags.AddIf(has_floats, HistogramFlag::kIgnoredInMixedRange);
      continue;
    }
    output.valid[step] = 0;
    if (has_floats && mixed->drops_mixed) {
      flags.Add(HistogramFlag::kMixedFloatsHistograms);
      continue;
    }
    MixedResult result = mixed->kernel(WindowOf(input, step, histograms), flags);
    output.values[step] = result.value;
    output.valid[step] = result.valid ? 1 : 0;
    output.histograms[step] = std::move(result.h);
  }
  return {};
}

}  // namespace vigia::promql
