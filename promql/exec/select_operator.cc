#include "promql/exec/select_operator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "promql/exec/evaluation_error.h"
#include "promql/exec/histogram_size.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

Result<std::unique_ptr<storage::Selection>> OpenSelection(QueryContext& context, const storage::SelectHints& hints,
                                                          const std::vector<storage::Matcher>& matchers) {
  storage::SelectHints asked = hints;
  asked.asker = &context;
  auto selection = context.querier().Select(asked, matchers);
  if (!selection) return storage::Prefixed(selection.error(), "expanding series");
  for (std::string& warning : (*selection)->warnings()) {
    context.annotations().Add(StorageWarning(std::move(warning)));
  }
  return selection;
}

Result<std::vector<SeriesInfo>> SeriesOf(QueryContext& context, const storage::Selection& selection) {
  std::vector<SeriesInfo> series;
  series.reserve(selection.size());
  for (std::size_t i = 0; i < selection.size(); ++i) {
    if (const Status status = context.InterruptedAt(i); !status) return status.error();
    const SeriesInfo& info = series.emplace_back(SeriesInfo{selection.wanted_labels(i), false});
    // Two series of a metric may become equal when its type goes, be it at different steps.
    if (!context.IsWhole() && (info.labels.Has("__type__") || info.labels.Has("__unit__"))) context.SetWhole();
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
      picker_(context, steps, node),
      histograms_(context, node.hints, node.matchers, node.detail) {}

Result<std::vector<SeriesInfo>> SelectOperator::MakeSeries() {
  auto selection = OpenSelection(context(), node_.hints, node_.matchers);
  if (!selection) return selection.error();
  selection_ = std::move(*selection);
  end_ = selection_->size();
  if (const Status status = StartParts(); !status) return status.error();
  return SeriesOf(context(), *selection_);
}

Status SelectOperator::StartParts() {
  auto parts = SeriesParts::MakeIfWorthwhile(context(), steps(), selection_->size());
  if (!parts) return parts.error();
  parts_ = std::move(*parts);
  if (!parts_) return {};
  while (workers_.size() < parts_->workers()) {
    workers_.emplace_back(new Worker{storage::ReadBuffer(), SamplePicker(context(), steps(), node_)});
  }
  parts_->Start([this](std::size_t at, SeriesPart& part) {
    Worker& worker = *workers_[at];
    for (; part.rest < part.end; ++part.rest) {
      part.status = context().Interrupted();
      if (!part.status) return;
      const auto view = selection_->Read(part.rest, worker.buffer);
      if (!view) part.status = view.error();
      if (!view || HasHistograms(*view)) return;
      part.samples_read += view->t.size();
      if (view->t.empty()) continue;
      worker.picker.Pick(*view);
      const auto id = static_cast<SeriesId>(part.rest);
      const std::uint64_t found = worker.picker.Take(*view, part.rows->Append(id));
      if (found == 0) part.rows->DropLast();
      part.notes.push_back({.id = id, .found = found});
    }
  });
  return {};
}

Status SelectOperator::Fill(RowBatch& out) {
  if (!parts_) return FillFromSelection(out);
  while (out.size() == 0) {
    SeriesPart* const part = parts_->Next();
    if (part == nullptr) return {};
    context().CountRead(part->samples_read);
    out.Swap(*part->rows);
    for (const SeriesNote& note : part->notes) samples_->AddTotals(note.found, note.found);
    if (!part->status) return part->status;
    next_ = part->rest;
    end_ = part->end;
    if (Status status = FillFromSelection(out); !status) return status;
  }
  return {};
}

Status SelectOperator::FillFromSelection(RowBatch& out) {
  for (; next_ < end_ && !out.full(); ++next_) {
    const auto view = ReadSamples(context(), *selection_, next_, buffer_);
    if (!view) return view.error();
    if (view->t.empty()) continue;
    picker_.Pick(*view);
    const Row row = out.Append(static_cast<SeriesId>(next_));
    const std::uint64_t found = picker_.Take(*view, row);
    samples_->AddRow(row.valid, found);
    if (!view->h.empty()) {
      const bool picked = std::ranges::any_of(
          picker_.picks(), [&](std::uint32_t pick) { return pick != SamplePicker::kNone && view->h[pick] != nullptr; });
      if (node_.is_info && picked) return EvaluationError("info sample should be float");
      const bool only_times = node_.sample_time || node_.sample_start;
      if (Status status = only_times ? Status() : TakeHistograms(*view, out); !status) return status;
    }
    if (found == 0) out.DropLast();
  }
  return {};
}

Status SelectOperator::TakeHistograms(const storage::SamplesView& view, RowBatch& out) {
  histograms_.Start(view, *selection_, next_);
  Row row = out.row(out.size() - 1);
  HistogramPtr read;
  std::uint32_t read_from = SamplePicker::kNone;
  for (std::size_t step = 0; step < picker_.picks().size(); ++step) {
    const std::uint32_t pick = picker_.picks()[step];
    if (pick == SamplePicker::kNone || !view.h[pick]) continue;
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

}  // namespace vigia::promql
