#include "promql/exec/smoothed_select_operator.h"

#include <algorithm>
#include <optional>

#include "promql/exec/histogram_size.h"
#include "promql/functions/extended_histogram_rate.h"
#include "promql/functions/extended_rate.h"
#include "promql/histogram/bounds.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;

double OnLine(TimestampMs t0, double v0, TimestampMs t1, double v1, TimestampMs at) {
  return v0 + (v1 - v0) * static_cast<double>(at - t0) / static_cast<double>(t1 - t0);
}

}  // namespace

SmoothedSelectOperator::SmoothedSelectOperator(QueryContext& context, const Steps& steps, const SelectNode& node,
                                               PosRange pos, SampleCounter* samples)
    : Operator(context, steps, Accounting::kOwn),
      node_(node),
      pos_(pos),
      samples_(samples),
      source_(context, node.matchers, node.hints, SmoothedGridOf(steps, node.shift, context.lookback_delta_ms()),
              node.detail) {}

Result<std::vector<SeriesInfo>> SmoothedSelectOperator::MakeSeries() {
  auto series = source_.Series();
  if (!series) return series;
  for (const SeriesInfo& info : *series) labels_.push_back(info.labels);
  return series;
}

Status SmoothedSelectOperator::Fill(RowBatch& out) {
  while (!out.full()) {
    RangeSeries series;
    const Result<bool> more = source_.Next(series);
    if (!more) return more.error();
    if (!*more) return {};
    out.Append(series.id);
    flags_ = {};
    const std::span<const TimestampMs> t = series.windows->timestamps();
    for (std::size_t step = 0; step < steps().count; ++step) {
      const Window window = series.windows->windows()[step];
      const TimestampMs at = node_.shift.Apply(steps().At(step));
      const auto after = static_cast<std::uint32_t>(
          std::lower_bound(t.begin() + window.begin, t.begin() + window.end, at) - t.begin());
      const bool exact = after < window.end && t[after] == at;
      if (!exact && after == window.begin) continue;  // Nothing at the step or before it.
      const std::uint32_t sample = exact ? after : after - 1;
      TakeBetween(series, sample, after < window.end ? after : sample, step, out);
    }
    const Row row = out.row(out.size() - 1);
    samples_->AddRow(row.valid, CountValid(row.valid));
    for (std::size_t step = 0; step < row.histograms.size(); ++step) {
      if (row.valid[step] != 0 && row.histograms[step]) samples_->AddAt(step, SamplesOf(*row.histograms[step]) - 1);
    }
    Annotate(flags_, labels_[series.id].metric_name(), context().PositionOf(pos_), context().annotations());
  }
  return {};
}

void SmoothedSelectOperator::TakeBetween(const RangeSeries& series, std::uint32_t sample, std::uint32_t next,
                                         std::size_t step, RowBatch& out) {
  const std::span<const TimestampMs> t = series.windows->timestamps();
  const TimestampMs at = node_.shift.Apply(steps().At(step));
  Row row = out.row(out.size() - 1);
  const auto is_histogram = [&](std::uint32_t i) { return !series.histograms.empty() && series.histograms[i]; };
  if (!is_histogram(sample) && !is_histogram(next)) {
    row.values[step] = sample == next ? series.values[sample]
                                      : OnLine(t[sample], series.values[sample], t[next], series.values[next], at);
    row.valid[step] = 1;
    return;
  }
  HistogramPtr h = sample == next ? series.histograms[sample] : Between(series, sample, next, at);
  if (!h) return;
  row = out.WithHistograms(out.size() - 1);
  row.histograms[step] = std::move(h);
  row.valid[step] = 1;
}

HistogramPtr SmoothedSelectOperator::Between(const RangeSeries& series, std::uint32_t sample, std::uint32_t next,
                                             TimestampMs at) {
  const HistogramPtr& a = series.histograms[sample];
  const HistogramPtr& b = series.histograms[next];
  if (!a || !b) {
    flags_.Add(HistogramFlag::kMixedFloatsHistograms);
    return nullptr;
  }
  if (UsesCustomBuckets(*a) != UsesCustomBuckets(*b)) {
    flags_.Add(HistogramFlag::kMixedExponentialCustom);
    return nullptr;
  }
  constexpr auto kGauge = storage::CounterResetHint::kGauge;
  const bool is_counter = !(a->hint == kGauge && b->hint == kGauge);
  const std::span<const TimestampMs> t = series.windows->timestamps();
  auto between = InterpolateHistograms({t[sample], a.get()}, {t[next], b.get()}, at, is_counter, flags_);
  return between ? std::make_shared<const storage::FloatHistogram>(std::move(*between)) : nullptr;
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
