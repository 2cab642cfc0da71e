// quantile_over_time and mad_over_time: the window is kept sorted while it slides, by merging what enters it and
// dropping what leaves it. A step costs O(window), with a small constant, instead of a sort.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "promql/functions/quantile.h"
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"

namespace vigia::promql {
namespace {

// Integers in the order of the doubles, NaN below all, so that equal keys are the same value and can be found again.
constexpr std::int64_t kNanKey = std::numeric_limits<std::int64_t>::min();

std::int64_t KeyOf(double value) {
  if (std::isnan(value)) return kNanKey;
  const auto bits = std::bit_cast<std::int64_t>(value);
  return bits < 0 ? bits ^ std::numeric_limits<std::int64_t>::max() : bits;
}

double ValueOf(std::int64_t key) {
  if (key == kNanKey) return std::numeric_limits<double>::quiet_NaN();
  return std::bit_cast<double>(key < 0 ? key ^ std::numeric_limits<std::int64_t>::max() : key);
}

class SortedWindow {
 public:
  SortedWindow(std::span<const double> values, RangeScratch& scratch) : values_(values), scratch_(scratch) {
    scratch_.keys.clear();
  }

  void MoveTo(Window window) {
    const std::uint32_t entering = window.end - std::max(window.begin, current_.end);
    const std::uint32_t staying = current_.end > window.begin ? current_.end - window.begin : 0;
    if (staying <= entering) {
      Collect(window.begin, window.end, scratch_.keys);
    } else {
      Collect(current_.begin, window.begin, scratch_.removed);
      Collect(current_.end, window.end, scratch_.added);
      Merge();
    }
    current_ = window;
  }

  bool HasNan() const { return !scratch_.keys.empty() && scratch_.keys.front() == kNanKey; }

  double At(double q) const {
    if (!IsValidQuantile(q)) return QuantileOutside(q);
    const QuantileRank rank = RankOfQuantile(q, scratch_.keys.size());
    return InterpolateQuantile(ValueOf(scratch_.keys[rank.lower]), ValueOf(scratch_.keys[rank.upper]), rank.weight);
  }

 private:
  void Collect(std::uint32_t begin, std::uint32_t end, std::vector<std::int64_t>& keys) const {
    keys.clear();
    for (std::uint32_t i = begin; i < end; ++i) keys.push_back(KeyOf(values_[i]));
    std::sort(keys.begin(), keys.end());
  }

  void Merge() {
    if (scratch_.removed.empty() && scratch_.added.empty()) return;
    scratch_.merged.clear();
    auto removed = scratch_.removed.cbegin();
    auto added = scratch_.added.cbegin();
    for (const std::int64_t key : scratch_.keys) {
      if (removed != scratch_.removed.cend() && *removed == key) {
        ++removed;
        continue;
      }
      while (added != scratch_.added.cend() && *added < key) scratch_.merged.push_back(*added++);
      scratch_.merged.push_back(key);
    }
    scratch_.merged.insert(scratch_.merged.end(), added, scratch_.added.cend());
    scratch_.keys.swap(scratch_.merged);
  }

  const std::span<const double> values_;
  RangeScratch& scratch_;
  Window current_;
};

double MedianDeviation(std::span<const double> values, double median, std::vector<double>& deviations) {
  deviations.clear();
  for (const double value : values) deviations.push_back(std::fabs(value - median));
  return Quantile(0.5, deviations);
}

template <bool kMedianDeviation>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const auto windows = input.windows.windows();
  SortedWindow sorted(input.values, scratch);
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = !window.empty();
    if (window.empty()) continue;
    sorted.MoveTo(window);
    if (kMedianDeviation) {
      // A NaN is not left out silently: there is no median of deviations from it.
      output.values[step] = sorted.HasNan() ? std::numeric_limits<double>::quiet_NaN()
                                            : MedianDeviation(input.values.subspan(window.begin, window.size()),
                                                              sorted.At(0.5), scratch.doubles);
    } else {
      output.values[step] = sorted.At(input.scalars[0].At(step));
    }
  }
  return {};
}

}  // namespace

constinit const RangeFunctionSpec kQuantileOverTime{.name = "quantile_over_time",
                                                    .kernel = &Evaluate<false>,
                                                    .range_argument = 1,
                                                    .annotation = RangeAnnotation::kQuantileArgument};
constinit const RangeFunctionSpec kMadOverTime{.name = "mad_over_time", .kernel = &Evaluate<true>};

}  // namespace vigia::promql
