#include "promql/exec/merge_series_operator.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "promql/exec/evaluation_error.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

storage::Error DuplicateLabelsError() {
  return EvaluationError("vector cannot contain metrics with the same labelset");
}

MergeSeriesOperator::MergeSeriesOperator(QueryContext& context, OperatorPtr input, EqualLabels equal_labels)
    : Operator(context, input->steps(), Accounting::kForward),
      input_(std::move(input)),
      equal_labels_(equal_labels),
      merging_(context.budget()) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> MergeSeriesOperator::MakeSeries() {
  auto series = input_->Series();
  if (!series || series->size() < 2) return series;
  std::unordered_map<std::string_view, SeriesId> ids;
  ids.reserve(series->size());
  for (const SeriesInfo& info : *series) {
    if (const Status status = context().InterruptedAt(target_.size()); !status) return status.error();
    const auto [at, is_new] = ids.emplace(info.labels.bytes(), static_cast<SeriesId>(ids.size()));
    target_.push_back(at->second);
    if (is_new) {
      shared_.push_back(0);
    } else {
      shared_[at->second] = 1;
      any_shared_ = true;
    }
  }
  if (!any_shared_) return series;
  std::vector<SeriesInfo> unique(shared_.size());
  std::vector<std::uint8_t> taken(shared_.size());
  for (std::size_t i = 0; i < target_.size(); ++i) {
    if (std::exchange(taken[target_[i]], std::uint8_t{1}) == 0) unique[target_[i]] = std::move((*series)[i]);
  }
  return unique;
}

Status MergeSeriesOperator::Fill(RowBatch& out) {
  while (!input_done_) {
    const Result<std::size_t> rows = input_->Next(out);
    if (!rows) return rows.error();
    if (*rows == 0) {
      input_done_ = true;
      for (std::size_t i = 0; i < merging_.size(); ++i) order_.emplace_back(merging_.row(i).id, i);
      std::ranges::sort(order_);
      break;
    }
    if (!any_shared_) return {};
    if (Status status = SetAside(out); !status) return status;
    if (out.size() > 0) return {};
  }
  return GiveMerged(out);
}

Status MergeSeriesOperator::SetAside(RowBatch& out) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const SeriesId id = target_[out.id(i)];
    if (shared_[id] != 0) {
      if (Status status = merging_.Add(id, out.row(i)); !status) return status;
      continue;
    }
    out.MoveRow(i, kept);
    out.set_id(kept++, id);
  }
  while (out.size() > kept) out.DropLast();
  return {};
}

Status MergeSeriesOperator::GiveMerged(RowBatch& out) {
  while (next_ < order_.size() && !out.full()) {
    const SeriesId id = order_[next_].first;
    Row row = out.Append(id);
    for (bool first = true; next_ < order_.size() && order_[next_].first == id; ++next_, first = false) {
      if (!first && equal_labels_ == EqualLabels::kRefused) return DuplicateLabelsError();
      const StoredRow stored = merging_.row(order_[next_].second);
      if (!stored.histograms.empty()) row = out.WithHistograms(out.size() - 1);
      for (std::size_t i = 0; i < stored.values.size(); ++i) {
        if (stored.valid[i] == 0) continue;
        const std::size_t step = stored.first + i;
        if (row.valid[step] != 0) return DuplicateLabelsError();
        row.values[step] = stored.values[i];
        if (!stored.histograms.empty()) row.histograms[step] = stored.histograms[i];
        row.valid[step] = 1;
      }
    }
  }
  return {};
}

}  // namespace vigia::promql
