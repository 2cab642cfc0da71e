#include "promql/exec/smoothed_select_operator.h"

#include <algorithm>
#include <optional>

#include "promql/functions/extended_rate.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;

double OnLine(TimestampMs t0, double v0, TimestampMs t1, double v1, TimestampMs at) {
  return v0 + (v1 - v0) * static_cast<double>(at - t0) / static_cast<double>(t1 - t0);
}

}  // namespace

SmoothedSelectOperator::SmoothedSelectOperator(QueryContext& context, const Steps& steps, const SelectNode& node,
                                               std::uint64_t* samples)
    : Operator(context, steps, Accounting::kOwn),
      node_(node),
      samples_(samples),
      source_(context, node.matchers, node.hints, SmoothedGridOf(steps, node.shift, context.lookback_delta_ms())) {}

Result<std::vector<SeriesInfo>> SmoothedSelectOperator::MakeSeries() { return source_.Series(); }

Status SmoothedSelectOperator::Fill(RowBatch& out) {
  while (!out.full()) {
    RangeSeries series;
    const Result<bool> more = source_.Next(series);
    if (!more) return more.error();
    if (!*more) return {};
    const Row row = out.Append(series.id);
    const std::span<const TimestampMs> t = series.windows->timestamps();
    for (std::size_t step = 0; step < row.values.size(); ++step) {
      const Window window = series.windows->windows()[step];
      const TimestampMs at = node_.shift.Apply(steps().At(step));
      const auto after = static_cast<std::uint32_t>(
          std::lower_bound(t.begin() + window.begin, t.begin() + window.end, at) - t.begin());
      const bool exact = after < window.end && t[after] == at;
      if (!exact && after == window.begin) continue;  // Nothing at the step or before it.
      if (exact) {
        row.values[step] = series.values[after];
      } else if (after < window.end) {
        row.values[step] = OnLine(t[after - 1], series.values[after - 1], t[after], series.values[after], at);
      } else {
        row.values[step] = series.values[after - 1];
      }
      row.valid[step] = 1;
    }
    *samples_ += CountValid(row.valid);
  }
  return {};
}

std::vector<FloatPoint> ExtendedPoints(const RangeSeries& series, std::size_t step) {
  const WindowSet& windows = *series.windows;
  const std::optional<std::uint32_t> found = FirstSampleOfRange(windows, step);
  if (!found) return {};
  const std::span<const TimestampMs> t = windows.timestamps();
  const std::span<const double> v = series.values;
  const Window window = windows.windows()[step];
  const TimestampMs start = windows.grid().RangeStart(step);
  const TimestampMs end = windows.grid().RangeEnd(step);
  const bool smoothed = windows.grid().kind == WindowKind::kSmoothed;
  std::uint32_t first = *found;
  std::uint32_t last = window.end - 1;
  if (smoothed) {
    last = static_cast<std::uint32_t>(std::lower_bound(t.begin() + window.begin, t.begin() + last, end) - t.begin());
  }
  if (t[last] <= start) return {};
  const double left =
      smoothed && t[first] < start ? OnLine(t[first], v[first], t[first + 1], v[first + 1], start) : v[first];
  const double right = smoothed && last > window.begin && t[last] > end
                           ? OnLine(t[last - 1], v[last - 1], t[last], v[last], end)
                           : v[last];
  std::vector<FloatPoint> points = {{start, left}};
  for (std::uint32_t i = first; i <= last; ++i) {
    if (t[i] > start && t[i] < end) points.push_back({t[i], v[i]});
  }
  points.push_back({end, right});
  return points;
}

}  // namespace vigia::promql
