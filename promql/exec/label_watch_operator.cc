#include "promql/exec/label_watch_operator.h"

#include <algorithm>
#include <utility>

namespace vigia::promql {

using storage::Result;
using storage::Status;

LabelWatchOperator::LabelWatchOperator(QueryContext& context, OperatorPtr input, std::vector<std::string> names)
    : Operator(context, input->steps(), Accounting::kForward), input_(std::move(input)), names_(std::move(names)) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> LabelWatchOperator::MakeSeries() {
  auto series = input_->Series();
  if (!series) return series;
  for (std::size_t i = 0; i < series->size() && !context().IsWhole(); ++i) {
    if (const Status status = context().InterruptedAt(i); !status) return status.error();
    const Labels& labels = (*series)[i].labels;
    if (std::ranges::any_of(names_, [&](const std::string& name) { return labels.Has(name); })) context().SetWhole();
  }
  return series;
}

Status LabelWatchOperator::Fill(RowBatch& out) {
  const Result<std::size_t> rows = input_->Next(out);
  return rows ? Status() : Status(rows.error());
}

}  // namespace vigia::promql
