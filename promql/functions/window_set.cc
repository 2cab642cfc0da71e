#include "promql/functions/window_set.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace vigia::promql {

double RangeGrid::RangeSeconds() const {
  const DurationMs seconds = range_ms / 1000;
  const DurationMs rest_ms = range_ms % 1000;
  return static_cast<double>(seconds) + static_cast<double>(rest_ms * 1'000'000) / 1e9;
}

WindowSet::WindowSet(std::span<const TimestampMs> timestamps, const RangeGrid& grid)
    : grid_(grid), timestamps_(timestamps), windows_(grid.steps) {
  assert(grid.end_step_ms >= 0);
  const DurationMs before_ms = grid.kind == WindowKind::kPlain ? 0 : grid.lookback_ms;
  const DurationMs after_ms = grid.kind == WindowKind::kSmoothed ? grid.lookback_ms : 0;
  std::uint32_t begin = 0;
  std::uint32_t end = 0;
  const auto count = static_cast<std::uint32_t>(timestamps.size());
  std::uint32_t seen = 0;  // Samples before it were in a window.
  for (std::size_t step = 0; step < grid.steps; ++step) {
    const TimestampMs last = grid.RangeEnd(step) + after_ms;
    const TimestampMs before_first = grid.RangeStart(step) - before_ms;
    while (end < count && timestamps[end] <= last) ++end;
    while (begin < end && timestamps[begin] <= before_first) ++begin;
    windows_[step] = {begin, end};
    total_samples_ += end - begin;
    largest_window_ = std::max(largest_window_, end - begin);
    distinct_samples_ += end - std::min(end, std::max(begin, seen));
    seen = end;
  }
}

std::span<const Extrapolation> WindowSet::Extrapolations() const {
  if (!extrapolations_.empty()) return extrapolations_;
  extrapolations_.resize(windows_.size());
  const double range_seconds = grid_.RangeSeconds();
  for (std::size_t step = 0; step < windows_.size(); ++step) {
    const Window window = windows_[step];
    if (window.size() < 2) continue;
    const TimestampMs first = timestamps_[window.begin];
    const TimestampMs last = timestamps_[window.end - 1];
    Extrapolation& terms = extrapolations_[step];
    terms.sampled = static_cast<double>(last - first) / 1000;
    terms.to_start = static_cast<double>(first - grid_.RangeStart(step)) / 1000;
    terms.to_end = static_cast<double>(grid_.RangeEnd(step) - last) / 1000;
    // A gap at a boundary that is longer than samples are apart (and a tenth) means that the series does not cover the
    // range; then half a gap is assumed, else all of it.
    const double average_gap = terms.sampled / static_cast<double>(window.size() - 1);
    const double threshold = average_gap * 1.1;
    if (terms.to_start >= threshold) terms.to_start = average_gap / 2;
    if (terms.to_end >= threshold) terms.to_end = average_gap / 2;
    terms.factor = (terms.sampled + terms.to_start + terms.to_end) / terms.sampled;
    terms.per_second = terms.factor / range_seconds;
  }
  return extrapolations_;
}

const RateColumns& WindowSet::ForRates() const {
  if (!rates_.valid.empty()) return rates_;
  const std::span<const Extrapolation> extrapolations = Extrapolations();
  const std::size_t steps = windows_.size();
  rates_.valid.resize(steps);
  rates_.first.resize(steps);
  rates_.last.resize(steps);
  for (std::vector<double>* column : {&rates_.factors, &rates_.per_second, &rates_.limits}) column->resize(steps);
  for (std::size_t step = 0; step < steps; ++step) {
    if (windows_[step].size() < 2) continue;
    const Extrapolation& terms = extrapolations[step];
    rates_.valid[step] = 1;
    rates_.first[step] = windows_[step].begin;
    rates_.last[step] = windows_[step].end - 1;
    rates_.factors[step] = terms.factor;
    rates_.per_second[step] = terms.per_second;
    rates_.limits[step] = terms.to_start <= terms.sampled ? 1 : std::numeric_limits<double>::infinity();
  }
  return rates_;
}

}  // namespace vigia::promql
