#include "promql/exec/label_operators.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

RelabelOperator::RelabelOperator(QueryContext& context, OperatorPtr input, Change change)
    : Operator(context, input->steps(), Accounting::kForward), input_(std::move(input)), change_(std::move(change)) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> RelabelOperator::MakeSeries() {
  auto series = input_->Series();
  if (!series) return series;
  for (std::size_t i = 0; i < series->size(); ++i) {
    if (const Status status = context().InterruptedAt(i); !status) return status.error();
    change_((*series)[i]);
  }
  return series;
}

Status RelabelOperator::Fill(RowBatch& out) {
  const Result<std::size_t> rows = input_->Next(out);
  if (!rows) return rows.error();
  return {};
}

void RemoveMarkedName(SeriesInfo& info) {
  if (!info.drop_name) return;
  info.labels = WithoutMetadata(info.labels);
  info.drop_name = false;
}

}  // namespace vigia::promql
