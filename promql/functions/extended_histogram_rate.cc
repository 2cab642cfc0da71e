#include "promql/functions/extended_histogram_rate.h"

#include <algorithm>

#include "promql/functions/extended_rate.h"
#include "promql/histogram/arithmetic.h"
#include "promql/histogram/bounds.h"
#include "promql/histogram/counter_reset.h"
#include "promql/histogram/layout.h"

namespace vigia::promql {
namespace {

using storage::CounterResetHint;

bool AddTo(FloatHistogram& sum, const FloatHistogram& h, HistogramFlags& flags) {
  const SumOutcome outcome = Add(sum, h);
  flags.AddIf(!outcome.compatible, HistogramFlag::kMixedExponentialCustom);
  flags.AddIf(outcome.bounds_reconciled, HistogramFlag::kBoundsReconciledInAddition);
  return outcome.compatible;
}

bool SubtractFrom(FloatHistogram& h, const FloatHistogram& other, HistogramFlags& flags) {
  const SumOutcome outcome = Subtract(h, other);
  flags.AddIf(!outcome.compatible, HistogramFlag::kMixedExponentialCustom);
  flags.AddIf(outcome.bounds_reconciled, HistogramFlag::kBoundsReconciledInSubtraction);
  return outcome.compatible;
}

// The samples that take part: [first, last] of the window.
struct Range {
  std::size_t first = 0;
  std::size_t last = 0;
};

class ExtendedIncreaseOf {
 public:
  ExtendedIncreaseOf(const MixedWindow& window, bool is_counter, HistogramFlags& flags)
      : window_(window),
        is_counter_(is_counter),
        smoothed_(window.windows.grid().kind == WindowKind::kSmoothed),
        start_(window.windows.grid().RangeStart(window.step)),
        end_(window.windows.grid().RangeEnd(window.step)),
        flags_(flags) {}

  std::optional<FloatHistogram> Run() {
    if (!FindRange() || !CheckKinds()) return std::nullopt;
    const auto left = Left();
    const auto right = left ? Right() : std::nullopt;
    if (!right) return std::nullopt;
    const bool is_gauge = left->hint == CounterResetHint::kGauge && right->hint == CounterResetHint::kGauge;
    flags_.AddIf(!is_counter_ && !is_gauge, HistogramFlag::kNotGauge);
    FloatHistogram result = *right;
    if (!SubtractFrom(result, *left, flags_)) return std::nullopt;
    if (is_counter_ && !AddBeforeResets(*left, *right, result)) return std::nullopt;
    result.hint = CounterResetHint::kGauge;
    Compact(result);
    return result;
  }

 private:
  HistogramSample Sample(std::size_t i) const { return {window_.t[i], window_.histograms[i].get()}; }
  const FloatHistogram& At(std::size_t i) const { return *window_.histograms[i]; }

  bool FindRange() {
    const auto first = FirstSampleOfRange(window_.windows, window_.step);
    if (!first) return false;
    range_.first = *first - window_.windows.windows()[window_.step].begin;
    range_.last = window_.t.size() - 1;
    if (smoothed_) {
      const auto end = window_.t.begin() + static_cast<std::ptrdiff_t>(range_.last);
      range_.last = static_cast<std::size_t>(std::lower_bound(window_.t.begin(), end, end_) - window_.t.begin());
    }
    return window_.t[range_.last] > start_ && !(smoothed_ && window_.t[range_.first] > end_);
  }

  bool CheckKinds() {
    const bool custom = UsesCustomBuckets(At(range_.first));
    for (std::size_t i = range_.first; i <= range_.last; ++i) {
      if (UsesCustomBuckets(At(i)) != custom) {
        flags_.Add(HistogramFlag::kMixedExponentialCustom);
        return false;
      }
      flags_.AddIf(is_counter_ && At(i).hint == CounterResetHint::kGauge, HistogramFlag::kNotCounter);
    }
    return true;
  }

  std::optional<FloatHistogram> Left() {
    if (!smoothed_ || window_.t[range_.first] >= start_) return At(range_.first);
    return InterpolateHistograms(Sample(range_.first), Sample(range_.first + 1), start_, is_counter_, flags_);
  }
  std::optional<FloatHistogram> Right() {
    if (!smoothed_ || range_.last == 0 || window_.t[range_.last] <= end_) return At(range_.last);
    return InterpolateHistograms(Sample(range_.last - 1), Sample(range_.last), end_, is_counter_, flags_);
  }

  // The first sample is represented by `left`, the last one by `right`, whose hint tells of a reset before it.
  bool AddBeforeResets(const FloatHistogram& left, const FloatHistogram& right, FloatHistogram& result) {
    std::size_t next = range_.first + 1;
    const FloatHistogram* previous = &left;
    if (smoothed_ && window_.t[range_.first] < start_ && DetectReset(At(next), At(range_.first))) {
      // `left` lies behind this reset already.
      previous = &At(next);
      ++next;
    }
    if (next > range_.last) return true;
    std::optional<FloatHistogram> correction;
    const auto add_if_reset = [&](const FloatHistogram& h) {
      if (!DetectReset(h, *previous)) return true;
      if (correction) return AddTo(*correction, *previous, flags_);
      correction = *previous;
      return true;
    };
    for (; next < range_.last; ++next) {
      if (!add_if_reset(At(next))) return false;
      previous = &At(next);
    }
    if (!add_if_reset(right)) return false;
    return !correction || AddTo(result, *correction, flags_);
  }

  const MixedWindow& window_;
  const bool is_counter_;
  const bool smoothed_;
  const TimestampMs start_;
  const TimestampMs end_;
  HistogramFlags& flags_;
  Range range_;
};

}  // namespace

std::optional<FloatHistogram> InterpolateHistograms(HistogramSample a, HistogramSample b, TimestampMs at_ms,
                                                    bool is_counter, HistogramFlags& flags) {
  if (at_ms == a.t) return *a.h;
  if (at_ms == b.t) return *b.h;
  const double fraction = static_cast<double>(at_ms - a.t) / static_cast<double>(b.t - a.t);
  FloatHistogram result = *b.h;
  if (is_counter && DetectReset(*b.h, *a.h)) {
    Multiply(result, fraction);
    return result;
  }
  if (!SubtractFrom(result, *a.h, flags)) return std::nullopt;
  Multiply(result, fraction);
  if (!AddTo(result, *a.h, flags)) return std::nullopt;
  return result;
}

std::optional<FloatHistogram> ExtendedHistogramIncrease(const MixedWindow& window, bool is_counter,
                                                        HistogramFlags& flags) {
  return ExtendedIncreaseOf(window, is_counter, flags).Run();
}

}  // namespace vigia::promql
