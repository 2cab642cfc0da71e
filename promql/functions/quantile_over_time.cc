// quantile_over_time and mad_over_time. The window is kept sorted while it slides, by merging what enters it and
// dropping what leaves it: a step costs O(window), with a small constant. Where windows are long, the column is sorted
// once (rank_window.h), and a step costs the same for all of them. The result does not depend on how the order was
// found.
#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

#include "promql/functions/quantile.h"
#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"
#include "promql/functions/rank_window.h"

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
  // `keys` and `scratch` must outlive it.
  SortedWindow(std::span<const std::int64_t> keys, RangeScratch& scratch) : keys_(keys), scratch_(scratch) {
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

  std::size_t size() const { return scratch_.keys.size(); }
  std::int64_t KeyAt(std::size_t i) const { return scratch_.keys[i]; }

 private:
  void Collect(std::uint32_t begin, std::uint32_t end, std::vector<std::int64_t>& keys) const {
    keys.assign(keys_.begin() + begin, keys_.begin() + end);
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

  const std::span<const std::int64_t> keys_;
  RangeScratch& scratch_;
  Window current_;
};

template <class Sorted>
double QuantileOf(const Sorted& sorted, double q) {
  if (!IsValidQuantile(q)) return QuantileOutside(q);
  const QuantileRank rank = RankOfQuantile(q, sorted.size());
  return InterpolateQuantile(ValueOf(sorted.KeyAt(rank.lower)), ValueOf(sorted.KeyAt(rank.upper)), rank.weight);
}

// Deviations from the median ascend to either side of it: their own median is found by halving, without making them
// all. REQUIRES: the median lies between the two values that it is made of.
template <class Sorted>
double MedianDeviation(const Sorted& sorted, double median) {
  const QuantileRank rank = RankOfQuantile(0.5, sorted.size());
  const std::size_t below = rank.lower + 1;
  const std::size_t above = sorted.size() - below;
  constexpr double kNone = std::numeric_limits<double>::infinity();
  const auto down = [&](std::size_t i) {
    return i < below ? std::fabs(ValueOf(sorted.KeyAt(below - 1 - i)) - median) : kNone;
  };
  const auto up = [&](std::size_t i) {
    return i < above ? std::fabs(ValueOf(sorted.KeyAt(below + i)) - median) : kNone;
  };
  // How many of the smallest rank.lower ones are below.
  std::size_t least = rank.lower > above ? rank.lower - above : 0;
  std::size_t most = std::min(rank.lower, below);
  while (least < most) {
    const std::size_t middle = (least + most) / 2;
    if (down(middle) < up(rank.lower - middle - 1)) {
      least = middle + 1;
    } else {
      most = middle;
    }
  }
  const std::size_t rest = rank.lower - least;
  const double lower = std::min(down(least), up(rest));
  if (rank.upper == rank.lower) return InterpolateQuantile(lower, lower, rank.weight);
  const double upper =
      down(least) <= up(rest) ? std::min(down(least + 1), up(rest)) : std::min(down(least), up(rest + 1));
  return InterpolateQuantile(lower, upper, rank.weight);
}

double MedianDeviation(std::span<const double> values, double median, std::vector<double>& deviations) {
  deviations.clear();
  for (const double value : values) deviations.push_back(std::fabs(value - median));
  return Quantile(0.5, deviations);
}

struct QuantileFunction {
  // What the two forms of a window take on the machines they were measured on.
  static constexpr double kSortedNsPerSample = 1.5;
  static constexpr double kRankedNsPerStep = 150;

  const RangeInput& input;
  template <class Sorted>
  double At(const Sorted& sorted, std::size_t step, Window, RangeScratch&) const {
    return QuantileOf(sorted, input.scalars[0].At(step));
  }
};

struct MedianDeviationFunction {
  static constexpr double kSortedNsPerSample = 1.5;
  static constexpr double kRankedNsPerStep = 1300;

  explicit MedianDeviationFunction(const RangeInput& input_in) : input(input_in) {
    const ColumnShape shape = ShapeOf(input.values);
    // Halves of values are exact.
    constexpr int kLowestUnit = -1000;
    medians_lie_between = shape.is_regular && shape.unit >= kLowestUnit;
  }
  template <class Sorted>
  double At(const Sorted& sorted, std::size_t, Window window, RangeScratch& scratch) const {
    if (medians_lie_between) return MedianDeviation(sorted, QuantileOf(sorted, 0.5));
    // A NaN is not left out silently: there is no median of deviations from it.
    if (sorted.KeyAt(0) == kNanKey) return std::numeric_limits<double>::quiet_NaN();
    return MedianDeviation(input.values.subspan(window.begin, window.size()), QuantileOf(sorted, 0.5), scratch.doubles);
  }

  const RangeInput& input;
  bool medians_lie_between = false;
};

template <class Sorted, class Function>
void EvaluateWith(Sorted sorted, const Function& function, RangeScratch& scratch, StepOutput output) {
  const auto windows = function.input.windows.windows();
  for (std::size_t step = 0; step < windows.size(); ++step) {
    const Window window = windows[step];
    output.valid[step] = !window.empty();
    sorted.MoveTo(window);
    if (!window.empty()) output.values[step] = function.At(sorted, step, window, scratch);
  }
}

template <class Function>
storage::Status Evaluate(const RangeInput& input, RangeScratch& scratch, StepOutput output) {
  const Function function{input};
  std::vector<std::int64_t>& keys = scratch.column_keys;
  keys.resize(input.values.size());
  std::ranges::transform(input.values, keys.begin(), KeyOf);
  constexpr double kRankNsPerValue = 60;
  constexpr std::size_t kMostRanks = 1 << 22;  // 80 MB.
  const auto steps = static_cast<double>(input.windows.steps());
  const double sorted_ns = Function::kSortedNsPerSample * static_cast<double>(input.windows.total_samples());
  const double ranked_ns = Function::kRankedNsPerStep * steps + kRankNsPerValue * static_cast<double>(keys.size());
  if (ranked_ns < sorted_ns && keys.size() <= kMostRanks) {
    EvaluateWith(RankWindow(keys, scratch.ranks), function, scratch, output);
  } else {
    EvaluateWith(SortedWindow(keys, scratch), function, scratch, output);
  }
  return {};
}

}  // namespace

// Quantiles take little more than a nanosecond for a sample at most.
constinit const RangeFunctionSpec kQuantileOverTime{.name = "quantile_over_time",
                                                    .kernel = &Evaluate<QuantileFunction>,
                                                    .range_argument = 1,
                                                    .annotation = RangeAnnotation::kQuantileArgument,
                                                    .samples_per_call = 20 * kSamplesPerCall};
constinit const RangeFunctionSpec kMadOverTime{.name = "mad_over_time", .kernel = &Evaluate<MedianDeviationFunction>};

}  // namespace vigia::promql
