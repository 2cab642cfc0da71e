#include "promql/exec/map_operators.h"

#include <algorithm>

namespace vigia::promql {

using storage::Result;
using storage::Status;

void DropNames(std::vector<SeriesInfo>& series, const QueryContext& context) {
  for (SeriesInfo& info : series) {
    info.drop_name = true;
    if (!context.delayed_name_removal()) info.labels = WithoutMetadata(info.labels);
  }
}

namespace {

Result<std::vector<SeriesInfo>> NamelessSeries(Operator& input, const QueryContext& context) {
  auto series = input.Series();
  if (series) DropNames(*series, context);
  return series;
}

}  // namespace

NegateOperator::NegateOperator(QueryContext& context, OperatorPtr input)
    : Operator(context, input->steps(), Accounting::kForward), input_(std::move(input)) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> NegateOperator::MakeSeries() { return NamelessSeries(*input_, context()); }

Status NegateOperator::Fill(RowBatch& out) {
  const Result<std::size_t> rows = input_->Next(out);
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < *rows; ++i) {
    for (double& value : out.row(i).values) value = -value;
  }
  return {};
}

InstantFunctionOperator::InstantFunctionOperator(QueryContext& context, const InstantFunctionSpec& spec,
                                                 OperatorPtr input, std::vector<OperatorPtr> scalars)
    : Operator(context, input->steps(), Accounting::kGathered),
      spec_(spec),
      input_(std::move(input)),
      scalar_inputs_(std::move(scalars)) {
  AddInput(input_.get());
  for (const OperatorPtr& scalar : scalar_inputs_) AddInput(scalar.get());
}

Result<std::vector<SeriesInfo>> InstantFunctionOperator::MakeSeries() {
  auto series = NamelessSeries(*input_, context());
  if (!series) return series;
  for (const OperatorPtr& scalar : scalar_inputs_) {
    auto values = ReadScalar(*scalar);
    if (!values) return values.error();
    scalars_.push_back(std::move(*values));
  }
  return series;
}

Status InstantFunctionOperator::Fill(RowBatch& out) {
  const Result<std::size_t> rows = input_->Next(out);
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < *rows; ++i) {
    const Row row = out.row(i);
    InstantInput input{row.values, {}};
    for (std::size_t k = 0; k < scalars_.size() && k < input.scalars.size(); ++k) input.scalars[k] = {scalars_[k]};
    spec_.kernel(input, {row.values, row.valid});
  }
  return {};
}

TimestampOperator::TimestampOperator(QueryContext& context, OperatorPtr input, Values values)
    : Operator(context, input->steps(), Accounting::kGathered), input_(std::move(input)), values_(values) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> TimestampOperator::MakeSeries() { return NamelessSeries(*input_, context()); }

Status TimestampOperator::Fill(RowBatch& out) {
  const Result<std::size_t> rows = input_->Next(out);
  if (!rows) return rows.error();
  if (values_ == Values::kAreTimes) {
    input_->Release();  // Prometheus reads these step by step and never holds them.
    return {};
  }
  for (std::size_t i = 0; i < *rows; ++i) {
    const Row row = out.row(i);
    for (std::size_t k = 0; k < row.values.size(); ++k) row.values[k] = static_cast<double>(steps().At(k)) / 1000.0;
  }
  return {};
}

DiscardOperator::DiscardOperator(QueryContext& context, OperatorPtr input)
    : Operator(context, input->steps(), Accounting::kGathered), input_(std::move(input)) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> DiscardOperator::MakeSeries() {
  auto series = input_->Series();
  if (!series) return series;
  return std::vector<SeriesInfo>();
}

Status DiscardOperator::Fill(RowBatch& out) {
  while (true) {
    const Result<std::size_t> rows = input_->Next(out);
    if (!rows) return rows.error();
    if (*rows == 0) return {};
  }
}

}  // namespace vigia::promql
