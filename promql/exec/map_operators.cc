#include "promql/exec/map_operators.h"

#include <algorithm>

#include "promql/histogram/histogram_operator.h"

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
    const Row row = out.row(i);
    for (double& value : row.values) value = -value;
    for (std::size_t step = 0; step < row.histograms.size(); ++step) {
      if (row.valid[step] != 0 && row.histograms[step]) row.histograms[step] = Negate(row.histograms[step]);
    }
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
    DiscardHistograms(row);
    out.DropHistograms(i);
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
  Result<std::size_t> rows = input_->Next(out);
  while (rows && *rows > 0 && values_ == Values::kAreUnknown) rows = input_->Next(out);
  if (!rows) return rows.error();
  if (values_ == Values::kAreTimes) {
    input_->Release();  // Prometheus reads these step by step and never holds them.
    return {};
  }
  for (std::size_t i = 0; i < *rows; ++i) {
    out.DropHistograms(i);
    const Row row = out.row(i);
    for (std::size_t k = 0; k < row.values.size(); ++k) row.values[k] = static_cast<double>(steps().At(k)) / 1000.0;
  }
  return {};
}

HistogramFieldOperator::HistogramFieldOperator(QueryContext& context, Field field, OperatorPtr input)
    : Operator(context, input->steps(), Accounting::kGathered), field_(field), input_(std::move(input)) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> HistogramFieldOperator::MakeSeries() { return NamelessSeries(*input_, context()); }

Status HistogramFieldOperator::Fill(RowBatch& out) {
  const Result<std::size_t> rows = input_->Next(out);
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < *rows; ++i) {
    const Row row = out.row(i);
    if (row.histograms.empty()) std::ranges::fill(row.valid, std::uint8_t{0});
    for (std::size_t step = 0; step < row.histograms.size(); ++step) {
      if (row.valid[step] == 0) continue;
      const HistogramPtr& h = row.histograms[step];
      row.valid[step] = h ? 1 : 0;
      if (h) row.values[step] = field_(*h);
    }
    out.DropHistograms(i);
  }
  return {};
}

}  // namespace vigia::promql
