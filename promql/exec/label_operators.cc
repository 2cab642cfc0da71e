#include "promql/exec/label_operators.h"

#include "promql/exec/round_counter.h"

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
  constexpr std::size_t kRounds = 256;  // A regular expression takes its time even for a few bytes.
  RoundCounter rounds(context());
  for (SeriesInfo& info : *series) {
    if (const Status status = rounds.Add(kRounds + info.labels.bytes().size()); !status) return status.error();
    if (const Status status = change_(info); !status) return status.error();
  }
  return series;
}

Status RelabelOperator::Fill(RowBatch& out) {
  const Result<std::size_t> rows = input_->Next(out);
  if (!rows) return rows.error();
  return {};
}

Status RemoveMarkedName(SeriesInfo& info) {
  if (!info.drop_name) return {};
  info.labels = WithoutMetadata(info.labels);
  info.drop_name = false;
  return {};
}

}  // namespace vigia::promql
