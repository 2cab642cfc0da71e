#include "promql/exec/aggregate_operator.h"

#include <algorithm>
#include <cmath>

#include "promql/functions/quantile.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;

// Feeds all rows of `input` to add(group, row) and marks the groups whose samples lose their name.
template <class Add>
Status ForEachRow(Operator& input, const std::vector<SeriesInfo>& series, Groups& groups, Add&& add) {
  RowBatch batch(input.steps().count);
  while (true) {
    const Result<std::size_t> rows = input.Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) return {};
    for (std::size_t i = 0; i < *rows; ++i) {
      const Row row = batch.row(i);
      const std::uint32_t group = groups.of_series[batch.id(i)];
      if (series[batch.id(i)].drop_name && CountValid(row.valid) > 0) groups.series[group].drop_name = true;
      if (Status status = add(group, row); !status) return status;
    }
  }
}

}  // namespace

FoldOperator::FoldOperator(QueryContext& context, FoldOp op, GroupingSpec grouping, OperatorPtr input)
    : Operator(context, input->steps(), Accounting::kOwn),
      op_(op),
      grouping_(std::move(grouping)),
      input_(std::move(input)),
      reserved_(context.budget()) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> FoldOperator::MakeSeries() {
  const auto series = input_->Series();
  if (!series) return series;
  Result<Groups> made = MakeGroups(context(), *series, grouping_.without, grouping_.labels);
  if (!made) return made.error();
  Groups& groups = *made;
  groups_ = groups.series.size();
  const std::uint64_t bytes = std::uint64_t{groups_} * steps().count * Fold::BytesPerCell(op_);
  if (const Status status = reserved_.Add(bytes / sizeof(double) + 1); !status) return status.error();
  fold_.emplace(op_, groups_, steps().count);
  const Status status = ForEachRow(*input_, *series, groups, [&](std::uint32_t group, const Row& row) -> Status {
    fold_->Add(group, row.values, row.valid);
    return {};
  });
  if (!status) return status.error();
  ReleaseInputs();
  return std::move(groups.series);
}

Status FoldOperator::Fill(RowBatch& out) {
  for (; next_ < groups_ && !out.full(); ++next_) {
    const Row row = out.Append(static_cast<SeriesId>(next_));
    fold_->Finish(next_, {row.values, row.valid});
  }
  return {};
}

QuantileOperator::QuantileOperator(QueryContext& context, OperatorPtr parameter, PosRange parameter_pos,
                                   GroupingSpec grouping, OperatorPtr input)
    : Operator(context, input->steps(), Accounting::kOwn),
      parameter_(std::move(parameter)),
      parameter_pos_(parameter_pos),
      grouping_(std::move(grouping)),
      input_(std::move(input)),
      reserved_(context.budget()) {
  AddInput(parameter_.get());
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> QuantileOperator::MakeSeries() {
  auto parameter = ReadScalar(*parameter_);
  if (!parameter) return parameter.error();
  q_ = std::move(*parameter);
  const auto series = input_->Series();
  if (!series) return series;
  WarnOfParameter();
  Result<Groups> made = MakeGroups(context(), *series, grouping_.without, grouping_.labels);
  if (!made) return made.error();
  Groups& groups = *made;
  groups_ = groups.series.size();
  fold_.emplace(groups_, steps().count);
  const Status status = ForEachRow(*input_, *series, groups, [&](std::uint32_t group, const Row& row) -> Status {
    // A value and a validity for each step; vectors that grow take up to twice of it.
    if (Status reserved = reserved_.Add(2 * row.values.size() + 1); !reserved) return reserved;
    fold_->Add(group, row.values, row.valid);
    return {};
  });
  if (!status) return status.error();
  ReleaseInputs();
  return std::move(groups.series);
}

void QuantileOperator::WarnOfParameter() {
  if (q_.empty()) return;
  const TextPosition position = context().PositionOf(parameter_pos_);
  if (std::ranges::any_of(q_, [](double q) { return std::isnan(q); })) {
    context().annotations().Add(InvalidQuantileWarning(std::nan(""), position));
  }
  const auto [smallest, largest] = std::ranges::minmax(q_);
  if (largest > 1) context().annotations().Add(InvalidQuantileWarning(largest, position));
  if (smallest < 0) context().annotations().Add(InvalidQuantileWarning(smallest, position));
}

Status QuantileOperator::Fill(RowBatch& out) {
  for (; next_ < groups_ && !out.full(); ++next_) {
    const Row row = out.Append(static_cast<SeriesId>(next_));
    fold_->Finish(next_, {q_}, {row.values, row.valid});
  }
  return {};
}

}  // namespace vigia::promql
