#include "promql/exec/select_operator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "promql/exec/evaluation_error.h"
#include "promql/exec/histogram_size.h"
#include "storage/model/sample.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

Result<std::unique_ptr<storage::Selection>> OpenSelection(QueryContext& context, const storage::SelectHints& hints,
                                                          const std::vector<storage::Matcher>& matchers) {
  auto selection = context.querier().Select(hints, matchers);
  if (!selection) return storage::Prefixed(selection.error(), "expanding series");
  return selection;
}

Result<std::vector<SeriesInfo>> SeriesOf(const QueryContext& context, const storage::Selection& selection) {
  std::vector<SeriesInfo> series;
  series.reserve(selection.size());
  for (std::size_t i = 0; i < selection.size(); ++i) {
    if (const Status status = context.InterruptedAt(i); !status) return status.error();
    series.push_back({selection.labels(i), false});
  }
  return series;
}

Result<storage::SamplesView> ReadSamples(QueryContext& context, const storage::Selection& selection, std::size_t i,
                                         storage::ReadBuffer& buffer) {
  auto view = selection.Read(i, buffer);
  if (view) context.CountRead(view->t.size());
  return view;
}

SelectOperator::SelectOperator(QueryContext& context, const Steps& steps, const SelectNode& node,
                               SampleCounter* samples)
    : Operator(context, steps, Accounting::kOwn),
      node_(node),
      samples_(samples),
      histograms_(context, node.hints, node.matchers, node.detail) {}

Result<std::vector<SeriesInfo>> SelectOperator::MakeSeries() {
  auto selection = OpenSelection(context(), node_.hints, node_.matchers);
  if (!selection) return selection.error();
  selection_ = std::move(*selection);
  return SeriesOf(context(), *selection_);
}

Status SelectOperator::Fill(RowBatch& out) {
  for (; next_ < selection_->size() && !out.full(); ++next_) {
    const auto view = ReadSamples(context(), *selection_, next_, buffer_);
    if (!view) return view.error();
    if (view->t.empty()) continue;
    PickSamples(*view);
    const Row row = out.Append(static_cast<SeriesId>(next_));
    const std::uint64_t found = node_.sample_start ? TakeStarts(*view, row) : TakeFloats(*view, row);
    samples_->AddRow(row.valid, found);
    if (!view->h.empty()) {
      const bool picked =
          std::ranges::any_of(picks_, [&](std::uint32_t pick) { return pick != kNone && view->h[pick] != nullptr; });
      if (node_.is_info && picked) return EvaluationError("info sample should be float");
      const bool only_times = node_.sample_time || node_.sample_start;
      if (Status status = only_times ? Status() : TakeHistograms(*view, out); !status) return status;
    }
    if (found == 0) out.DropLast();
  }
  return {};
}

std::uint64_t SelectOperator::TakeFloats(const storage::SamplesView& view, const Row& row) const {
  std::uint64_t found = 0;
  for (std::size_t step = 0; step < picks_.size(); ++step) {
    const std::uint32_t pick = picks_[step];
    if (pick == kNone || storage::IsStaleNan(view.v[pick])) continue;
    row.values[step] = node_.sample_time ? static_cast<double>(view.t[pick]) / 1000.0 : view.v[pick];
    row.valid[step] = 1;
    ++found;
  }
  return found;
}

std::uint64_t SelectOperator::TakeStarts(const storage::SamplesView& view, const Row& row) {
  if (!context().use_start_timestamps()) return 0;
  std::uint64_t found = 0;
  for (std::size_t step = 0; step < picks_.size(); ++step) {
    const std::uint32_t pick = picks_[step];
    if (pick == kNone || storage::IsStaleNan(view.v[pick])) continue;
    row.values[step] = view.starts.empty() ? 0 : static_cast<double>(view.starts[pick]) / 1000.0;
    row.valid[step] = 1;
    ++found;
  }
  return found;
}

Status SelectOperator::TakeHistograms(const storage::SamplesView& view, RowBatch& out) {
  histograms_.Start(view, *selection_, next_);
  Row row = out.row(out.size() - 1);
  HistogramPtr read;
  std::uint32_t read_from = kNone;
  for (std::size_t step = 0; step < picks_.size(); ++step) {
    const std::uint32_t pick = picks_[step];
    if (pick == kNone || !view.h[pick]) continue;
    if (pick != read_from) {
      storage::Result<HistogramPtr> histogram = histograms_.Read(pick);
      if (!histogram) return histogram.error();
      read = std::move(*histogram);
      read_from = pick;
    }
    if (row.histograms.empty()) row = out.WithHistograms(out.size() - 1);
    row.histograms[step] = read;
    samples_->AddAt(step, SamplesOf(*read) - 1);
  }
  return {};
}

void SelectOperator::PickSamples(const storage::SamplesView& view) {
  if (view.column != 0 && view.column == picked_column_) return;
  picked_column_ = view.column;
  picks_.assign(steps().count, kNone);
  const DurationMs lookback = context().lookback_delta_ms();
  std::size_t after = 0;  // The first sample later than the step.
  for (std::size_t step = 0; step < picks_.size(); ++step) {
    const TimestampMs at = node_.shift.Apply(steps().At(step));
    while (after < view.t.size() && view.t[after] <= at) ++after;
    if (after > 0 && view.t[after - 1] > at - lookback) picks_[step] = static_cast<std::uint32_t>(after - 1);
  }
}

}  // namespace vigia::promql
