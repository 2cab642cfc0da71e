#include "promql/exec/range_function_operator.h"

#include <algorithm>
#include <utility>

#include "promql/exec/evaluation_error.h"
#include "promql/exec/histogram_size.h"
#include "promql/functions/quantile.h"
#include "promql/functions/start_times.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;

// In a window without histograms: about others their kernel tells.
bool HasFloatsThatOverlap(const RangeSeries& series) {
  if (series.starts.empty()) return false;
  const std::vector<std::size_t> steps = StepsWithOverlap(*series.windows, series.starts);
  if (series.histograms.empty()) return !steps.empty();
  return std::ranges::any_of(steps, [&](std::size_t step) {
    const Window window = series.windows->windows()[step];
    const auto in_window = series.histograms.subspan(window.begin, window.size());
    return std::ranges::all_of(in_window, [](const HistogramPtr& h) { return h == nullptr; });
  });
}

}  // namespace

RangeFunctionOperator::RangeFunctionOperator(QueryContext& context, const Steps& steps, const RangeFunctionSpec& spec,
                                             Arguments arguments, SampleCounter* samples)
    : Operator(context, steps, Accounting::kOwn),
      spec_(spec),
      arguments_(std::move(arguments)),
      samples_(samples),
      evaluator_(context, spec_, scalars_) {}

Result<std::vector<SeriesInfo>> RangeFunctionOperator::MakeSeries() {
  for (const OperatorPtr& scalar : arguments_.scalars) {
    auto values = ReadScalar(*scalar);
    if (!values) return values.error();
    scalars_.push_back(std::move(*values));
  }
  auto series = arguments_.range->Series();
  if (!series) return series;
  for (SeriesInfo& info : *series) {
    if (spec_.keeps_metric_name || context().delayed_name_removal()) {
      labels_.push_back(info.labels);
    } else {
      labels_.push_back(std::exchange(info.labels, WithoutMetadata(info.labels)));
    }
    info.drop_name = !spec_.keeps_metric_name;
  }
  if (const Status status = StartParts(series->size()); !status) return status.error();
  return series;
}

Status RangeFunctionOperator::StartParts(std::size_t count) {
  StoredRangeSource* const stored = arguments_.range->stored();
  if (stored == nullptr) return {};
  auto parts = SeriesParts::MakeIfWorthwhile(context(), steps(), count);
  if (!parts) return parts.error();
  parts_ = std::move(*parts);
  if (!parts_) return {};
  while (workers_.size() < parts_->workers()) {
    workers_.emplace_back(new Worker{stored->NewReader(), RangeEvaluator(context(), spec_, scalars_)});
  }
  const bool looks_at_starts = spec_.annotation == RangeAnnotation::kCounterName;
  parts_->Start([this, looks_at_starts](std::size_t at, SeriesPart& part) {
    Worker& worker = *workers_[at];
    for (; part.rest < part.end; ++part.rest) {
      RangeSeries series;
      part.status = context().Interrupted();
      if (part.status) part.status = worker.reader.Read(part.rest, series);
      if (!part.status || HasHistograms(worker.reader.view())) return;
      part.samples_read += worker.reader.view().t.size();
      worker.evaluator.Start(series);
      const Row row = part.rows->Append(series.id);
      part.status = worker.evaluator.Evaluate(series, row);
      if (!part.status) return;
      const WindowSet& windows = *series.windows;
      part.notes.push_back({series.id, CountSamples(row), windows.total_samples(), windows.distinct_samples(),
                            windows.largest_window(), windows.windows().back().size(),
                            looks_at_starts && HasFloatsThatOverlap(series)});
      if (part.notes.back().found == 0) part.rows->DropLast();
    }
  });
  return {};
}

Status RangeFunctionOperator::Fill(RowBatch& out) {
  pending_ = 0;
  Status status = parts_ ? FillFromParts(out) : FillFromSource(out);
  if (status && out.size() == 0) {
    arguments_.range->Release();
    for (const OperatorPtr& scalar : arguments_.scalars) scalar->Release();
  }
  return status;
}

Status RangeFunctionOperator::FillFromSource(RowBatch& out) {
  while (!out.full()) {
    RangeSeries series;
    const Result<bool> more = arguments_.range->Next(series);
    if (!more) return more.error();
    if (!*more) break;
    if (Status status = Evaluate(series, out); !status) return status;
  }
  return {};
}

Status RangeFunctionOperator::FillFromParts(RowBatch& out) {
  while (out.size() == 0) {
    SeriesPart* const part = parts_->Next();
    if (part == nullptr) return {};
    context().CountRead(part->samples_read);
    out.Swap(*part->rows);
    if (Status status = TakeNotes(*part, out); !status) return status;
    if (!part->status) return part->status;
    if (part->rest == part->end) continue;
    arguments_.range->stored()->Seek(part->rest, part->end);
    if (Status status = FillFromSource(out); !status) return status;
  }
  return {};
}

Status RangeFunctionOperator::TakeNotes(const SeriesPart& part, RowBatch& out) {
  std::size_t rows = 0;
  for (const SeriesNote& note : part.notes) {
    samples_->AddTotals(note.in_windows, note.distinct);
    if (Status status = context().budget().CheckPeak(pending_ + note.largest_window); !status) return status;
    Annotate(note.id, note.starts_overlap, note.found > 0 ? out.row(rows) : Row());
    if (note.found == 0) continue;
    ++rows;
    pending_ += note.found;
    if (Status status = context().budget().CheckPeak(pending_ + note.last_window); !status) return status;
  }
  return {};
}

Status RangeFunctionOperator::Evaluate(const RangeSeries& series, RowBatch& out) {
  if (Status status = context().Interrupted(); !status) return status;
  evaluator_.Start(series);
  if (series.histograms.empty()) {
    samples_->AddWindows(*series.windows);
  } else {
    samples_->AddWindows(*series.windows, evaluator_.samples_before());
  }
  if (Status status = context().budget().CheckPeak(pending_ + evaluator_.LargestWindow(*series.windows)); !status) {
    return status;
  }
  Row row = out.Append(series.id);
  if (!series.histograms.empty()) row = out.WithHistograms(out.size() - 1);
  if (Status status = evaluator_.Evaluate(series, row); !status) return status;
  vigia::promql::Annotate(evaluator_.flags(), labels_[series.id].metric_name(),
                          context().PositionOf(arguments_.first_argument), context().annotations());
  Annotate(series.id, spec_.annotation == RangeAnnotation::kCounterName && HasFloatsThatOverlap(series), row);
  const std::uint64_t found = CountSamples(row);
  if (found == 0) {
    out.DropLast();
    return {};
  }
  pending_ += found;
  return context().budget().CheckPeak(pending_ + evaluator_.SamplesIn(series.windows->windows().back()));
}

void RangeFunctionOperator::Annotate(SeriesId id, bool starts_overlap, const Row& row) {
  const auto is_float = [&](std::size_t step) { return row.valid[step] != 0 && !row.IsHistogram(step); };
  switch (spec_.annotation) {
    case RangeAnnotation::kNone: return;
    case RangeAnnotation::kCounterName: {
      const std::string_view metric = labels_[id].metric_name();
      const TextPosition position = context().PositionOf(arguments_.first_argument);
      if (starts_overlap) context().annotations().Add(StartTimeOverlapWarning(metric, position));
      if (!LooksLikeNoCounter(metric)) return;
      for (std::size_t step = 0; step < row.valid.size(); ++step) {
        if (is_float(step)) return context().annotations().Add(PossibleNonCounterInfo(metric, position));
      }
      return;
    }
    case RangeAnnotation::kQuantileArgument: {
      const ScalarArgument q{scalars_.front()};
      for (std::size_t step = 0; step < row.valid.size(); ++step) {
        if (!is_float(step) || IsValidQuantile(q.At(step))) continue;
        context().annotations().Add(
            InvalidQuantileWarning(q.At(step), context().PositionOf(arguments_.first_argument)));
      }
      return;
    }
  }
}

}  // namespace vigia::promql
