// irate and idelta with histograms among the last two samples (Prometheus promql/functions.go, instantValue).
#include "promql/functions/histogram_window.h"
#include "promql/histogram/arithmetic.h"
#include "promql/histogram/counter_reset.h"
#include "promql/histogram/layout.h"

namespace vigia::promql {
namespace {

using storage::CounterResetHint;
using storage::FloatHistogram;

template <bool kIsRate>
MixedResult OfFloats(double previous, double last, double seconds, bool start_reset) {
  double result = last;
  if (!kIsRate || !(last < previous || start_reset)) result -= previous;
  if (kIsRate) result /= seconds;
  return MixedResult::Of(result);
}

template <bool kIsRate>
MixedResult OfHistograms(const FloatHistogram& previous, const FloatHistogram& last, double seconds, bool start_reset,
                         HistogramFlags& flags) {
  const int gauges =
      (previous.hint == CounterResetHint::kGauge ? 1 : 0) + (last.hint == CounterResetHint::kGauge ? 1 : 0);
  flags.AddIf(kIsRate && gauges > 0, HistogramFlag::kNotCounter);
  flags.AddIf(!kIsRate && gauges < 2, HistogramFlag::kNotGauge);
  FloatHistogram result = last;
  if (!kIsRate || !(start_reset || DetectReset(last, previous))) {
    const SumOutcome outcome = Subtract(result, previous);
    if (!outcome.compatible) {
      flags.Add(HistogramFlag::kMixedExponentialCustom);
      return {};
    }
    flags.AddIf(outcome.bounds_reconciled, HistogramFlag::kBoundsReconciledInSubtraction);
  }
  result.hint = CounterResetHint::kGauge;
  Compact(result);
  if (kIsRate) Divide(result, seconds);
  return MixedResult::Of(std::move(result));
}

template <bool kIsRate>
MixedResult Evaluate(const MixedWindow& window, HistogramFlags& flags) {
  const std::size_t size = window.t.size();
  if (size < 2) return {};
  const double seconds = static_cast<double>(window.t[size - 1] - window.t[size - 2]) / 1000;
  const HistogramPtr& previous = window.histograms[size - 2];
  const HistogramPtr& last = window.histograms[size - 1];
  const bool start_reset = window.start_times().ResetsAt(size - 1);
  if (!previous && !last) {
    return OfFloats<kIsRate>(window.values[size - 2], window.values[size - 1], seconds, start_reset);
  }
  if (previous && last) return OfHistograms<kIsRate>(*previous, *last, seconds, start_reset, flags);
  flags.Add(HistogramFlag::kMixedFloatsHistograms);
  return {};
}

}  // namespace

constinit const MixedSpec kMixedIrate{.name = "irate", .kernel = &Evaluate<true>};
constinit const MixedSpec kMixedIdelta{.name = "idelta", .kernel = &Evaluate<false>};

}  // namespace vigia::promql
