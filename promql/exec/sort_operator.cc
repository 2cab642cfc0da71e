#include "promql/exec/sort_operator.h"

#include <algorithm>

#include "promql/functions/sort.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

SortOperator::SortOperator(QueryContext& context, OperatorPtr input, SortOrder order, PosRange pos)
    : Operator(context, input->steps(), Accounting::kGathered),
      input_(std::move(input)),
      order_(std::move(order)),
      pos_(pos),
      rows_(context.budget()) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> SortOperator::MakeSeries() {
  auto series = input_->Series();
  if (!series) return series;
  if (steps().count > 1) {
    context().annotations().Add(SortInRangeQueryWarning(context().PositionOf(pos_)));
  } else if (order_.by == SortOrder::By::kLabels) {
    for (const SeriesInfo& info : *series) labels_.push_back(info.labels);
  }
  return series;
}

Status SortOperator::Fill(RowBatch& out) {
  if (steps().count > 1) {
    const Result<std::size_t> rows = input_->Next(out);
    if (!rows) return rows.error();
    if (order_.by == SortOrder::By::kLabels) return {};
    for (std::size_t i = 0; i < *rows; ++i) {
      DiscardHistograms(out.row(i));
      out.DropHistograms(i);
    }
    return {};
  }
  if (!read_) {
    if (Status status = ReadAndSort(); !status) return status;
  }
  for (; next_ < sorted_.size() && !out.full(); ++next_) {
    rows_.AppendTo(sorted_[next_], out);
  }
  return {};
}

Status SortOperator::ReadAndSort() {
  read_ = true;
  if (Status status = rows_.AddAll(*input_); !status) return status;
  // A histogram has no place in an order of values.
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    if (order_.by == SortOrder::By::kLabels || rows_.row(i).histograms.empty()) sorted_.push_back(i);
  }
  std::ranges::stable_sort(sorted_, [&](std::size_t a, std::size_t b) { return Before(rows_.row(a), rows_.row(b)); });
  return {};
}

bool SortOperator::Before(const StoredRow& a, const StoredRow& b) const {
  const bool descending = order_.direction == SortOrder::Direction::kDescending;
  if (order_.by == SortOrder::By::kValue) {
    return descending ? SortsBeforeDesc(a.values[0], b.values[0]) : SortsBefore(a.values[0], b.values[0]);
  }
  const int order = CompareByLabels(labels_[a.id], labels_[b.id], order_.labels);
  return descending ? order > 0 : order < 0;
}

}  // namespace vigia::promql
