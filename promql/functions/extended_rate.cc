#include "promql/functions/extended_rate.h"

#include <algorithm>

namespace vigia::promql {
namespace {

struct Point {
  TimestampMs t;
  double v;
};

// A counter that fell between the points is taken to have started again at 0.
double Interpolate(Point a, Point b, TimestampMs at, bool is_counter) {
  double from = a.v;
  if (is_counter && b.v < from) from = 0;
  return from + (b.v - from) * static_cast<double>(at - a.t) / static_cast<double>(b.t - a.t);
}

double ResetCorrection(double left, double right, std::span<const double> between) {
  double correction = 0;
  double previous = left;
  for (const double value : between) {
    if (value < previous) correction += previous;
    previous = value;
  }
  if (right < previous) correction += previous;
  return correction;
}

}  // namespace

std::optional<std::uint32_t> FirstSampleOfRange(const WindowSet& windows, std::size_t step) {
  const Window window = windows.windows()[step];
  if (window.empty()) return std::nullopt;
  if (windows.grid().kind == WindowKind::kPlain) return window.begin;
  const auto t = windows.timestamps();
  const TimestampMs start = windows.grid().RangeStart(step);
  // All of it before the range, or (smoothed windows reach that far) all of it after.
  if (t[window.end - 1] <= start || t[window.begin] > windows.grid().RangeEnd(step)) return std::nullopt;
  const auto from = t.begin() + window.begin;
  const auto inside = std::upper_bound(from, t.begin() + window.end - 1, start);
  return window.begin + static_cast<std::uint32_t>(std::max<std::ptrdiff_t>(0, inside - from - 1));
}

std::optional<double> ExtendedIncrease(const RangeInput& input, std::size_t step, bool is_counter) {
  const auto found = FirstSampleOfRange(input.windows, step);
  if (!found) return std::nullopt;
  const auto t = input.windows.timestamps();
  const auto v = input.values;
  const RangeGrid& grid = input.windows.grid();
  const Window window = input.windows.windows()[step];
  const TimestampMs start = grid.RangeStart(step);
  const TimestampMs end = grid.RangeEnd(step);
  const bool smoothed = grid.kind == WindowKind::kSmoothed;
  std::int64_t first = *found;
  std::int64_t last = window.end - 1;
  if (smoothed) last = std::lower_bound(t.begin() + window.begin, t.begin() + last, end) - t.begin();
  if (t[last] <= start) return std::nullopt;

  const auto point = [&](std::int64_t i) { return Point{t[i], v[i]}; };
  const double left =
      smoothed && t[first] < start ? Interpolate(point(first), point(first + 1), start, is_counter) : v[first];
  const double right = smoothed && last > window.begin && t[last] > end
                           ? Interpolate(point(last - 1), point(last), end, is_counter)
                           : v[last];
  const double difference = right - left;
  if (!is_counter) return difference;
  // The two ends are accounted for; only samples strictly inside can tell of further resets.
  if (t[first] <= start) ++first;
  if (t[last] >= end) --last;
  const auto inside = first <= last ? v.subspan(first, last + 1 - first) : std::span<const double>();
  return difference + ResetCorrection(left, right, inside);
}

}  // namespace vigia::promql
