// rate, increase, delta of native histograms (surface.md 4.8; Prometheus promql/functions.go, histogramRate).
#include <optional>

#include "promql/functions/extended_histogram_rate.h"
#include "promql/functions/histogram_window.h"
#include "promql/histogram/arithmetic.h"
#include "promql/histogram/bounds.h"
#include "promql/histogram/counter_reset.h"
#include "promql/histogram/layout.h"

namespace vigia::promql {
namespace {

using storage::CounterResetHint;

enum class Kind { kRate, kIncrease, kDelta };
using Points = std::span<const HistogramPtr>;

bool IsGauge(const FloatHistogram& h) { return h.hint == CounterResetHint::kGauge; }

// The lowest resolution among those that take part; nullopt when custom buckets are mixed with others. `first` may be
// another histogram than the first point.
std::optional<std::int32_t> CommonSchema(const FloatHistogram& first, Points points, bool is_counter,
                                         HistogramFlags& flags) {
  const FloatHistogram& last = *points.back();
  if (UsesCustomBuckets(last) != UsesCustomBuckets(first)) {
    flags.Add(HistogramFlag::kMixedExponentialCustom);
    return std::nullopt;
  }
  std::int32_t schema = std::min(last.schema, first.schema);
  if (!is_counter) return schema;
  for (const HistogramPtr& point : points.subspan(1, points.size() - 2)) {
    flags.AddIf(IsGauge(*point), HistogramFlag::kNotCounter);
    if (UsesCustomBuckets(*point) != UsesCustomBuckets(first)) {
      flags = HistogramFlag::kMixedExponentialCustom;
      return std::nullopt;
    }
    schema = std::min(schema, point->schema);
  }
  return schema;
}

// false: not compatible.
bool AddTo(FloatHistogram& sum, const FloatHistogram& h, HistogramFlags& flags) {
  const SumOutcome outcome = Add(sum, h);
  flags.AddIf(outcome.compatible && outcome.bounds_reconciled, HistogramFlag::kBoundsReconciledInAddition);
  return outcome.compatible;
}

// Adds what the counter had reached before each reset. `previous` stands for the first point. false: not compatible.
bool AddBeforeResets(const FloatHistogram* previous, Points points, const StartTimes& times, FloatHistogram& sum,
                     HistogramFlags& flags) {
  for (std::size_t i = 1; i < points.size(); ++i) {
    flags.AddIf(times.OverlapsAt(i), HistogramFlag::kStartTimeOverlap);
    const bool reset = times.ResetsAt(i) || DetectReset(*points[i], *previous);
    if (reset && !AddTo(sum, *previous, flags)) return false;
    previous = points[i].get();
  }
  return true;
}

// last - first, resets taken into account for a counter. REQUIRES: two points.
std::optional<FloatHistogram> Increase(Points points, const StartTimes& times, bool is_counter, HistogramFlags& flags) {
  const FloatHistogram* first = points.front().get();
  const FloatHistogram& last = *points.back();
  flags.AddIf(is_counter && (IsGauge(*first) || IsGauge(last)), HistogramFlag::kNotCounter);
  // With a reset right after it, the first point counts for nothing, nor does its layout.
  FloatHistogram nothing;
  if (is_counter && (times.ResetsAt(1) || DetectReset(*points[1], *first))) {
    nothing.schema = points[1]->schema;
    nothing.custom_values = points[1]->custom_values;
    first = &nothing;
  }
  const auto schema = CommonSchema(*first, points, is_counter, flags);
  if (!schema) return std::nullopt;
  FloatHistogram result = last;
  ReduceResolution(result, *schema);
  const SumOutcome outcome = Subtract(result, *first);
  flags.AddIf(outcome.bounds_reconciled, HistogramFlag::kBoundsReconciledInSubtraction);
  if (is_counter) {
    if (!AddBeforeResets(first, points, times, result, flags)) {
      flags = HistogramFlag::kMixedExponentialCustom;
      return std::nullopt;
    }
  } else {
    flags.AddIf(!IsGauge(*points.front()) || !IsGauge(last), HistogramFlag::kNotGauge);
  }
  result.hint = CounterResetHint::kGauge;
  Compact(result);
  return result;
}

// What the increase is multiplied with, the line through a counter's counts not going below 0.
double FactorOf(const MixedWindow& window, double increase, bool is_counter) {
  const Extrapolation& terms = window.windows.Extrapolations()[window.step];
  const double first = window.histograms.front()->count;
  if (!is_counter || !(increase > 0) || !(first >= 0)) return terms.factor;
  const double to_zero = terms.sampled * (first / increase);
  return to_zero < terms.to_start ? (terms.sampled + to_zero + terms.to_end) / terms.sampled : terms.factor;
}

// The extrapolated increase of a plain window, divided by `per_seconds`.
std::optional<FloatHistogram> PlainIncrease(const MixedWindow& window, bool is_counter, double per_seconds,
                                            HistogramFlags& flags) {
  const TimestampMs start =
      is_counter && !window.starts.empty() ? StartWithin(window.windows, window.step, window.starts.front()) : 0;
  if (window.t.size() < 2) {
    if (start == 0) return std::nullopt;
    FloatHistogram result = *window.histograms.front();
    Multiply(result, FactorFromStart(window.windows, window.step, start) / per_seconds);
    return result;
  }
  auto result = Increase(window.histograms, window.start_times(), is_counter, flags);
  if (!result) return std::nullopt;
  if (start == 0) {
    Multiply(*result, FactorOf(window, result->count, is_counter) / per_seconds);
    return result;
  }
  if (!AddTo(*result, *window.histograms.front(), flags)) {
    flags.Add(HistogramFlag::kMixedExponentialCustom);
    return std::nullopt;
  }
  Multiply(*result, FactorFromStart(window.windows, window.step, start) / per_seconds);
  return result;
}

template <Kind kKind>
MixedResult Evaluate(const MixedWindow& window, HistogramFlags& flags) {
  constexpr bool kIsCounter = kKind != Kind::kDelta;
  const double range_seconds = window.windows.grid().RangeSeconds();
  HistogramFlags found;
  std::optional<FloatHistogram> result;
  if (window.windows.grid().kind != WindowKind::kPlain) {
    result = ExtendedHistogramIncrease(window, kIsCounter, found);
    if (result && kKind == Kind::kRate) Divide(*result, range_seconds);
  } else {
    result = PlainIncrease(window, kIsCounter, kKind == Kind::kRate ? range_seconds : 1, found);
  }
  flags.Add(found);
  if (!result) return {};
  return MixedResult::Of(std::move(*result));
}

}  // namespace

constinit const MixedSpec kMixedRate{.name = "rate", .kernel = &Evaluate<Kind::kRate>, .drops_mixed = true};
constinit const MixedSpec kMixedIncrease{.name = "increase", .kernel = &Evaluate<Kind::kIncrease>, .drops_mixed = true};
constinit const MixedSpec kMixedDelta{.name = "delta", .kernel = &Evaluate<Kind::kDelta>, .drops_mixed = true};

}  // namespace vigia::promql
