#include "promql/exec/scalar_binary_operator.h"

#include <algorithm>

#include "promql/exec/histogram_binary.h"
#include "promql/exec/kernels/binary_kernels.h"
#include "promql/exec/map_operators.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

ScalarBinaryOperator::ScalarBinaryOperator(QueryContext& context, Combine combine, OperatorPtr lhs, OperatorPtr rhs)
    : Operator(context, lhs->steps(), Accounting::kGathered),
      combine_(std::move(combine)),
      lhs_(std::move(lhs)),
      rhs_(std::move(rhs)) {
  AddInput(lhs_.get());
  AddInput(rhs_.get());
}

Result<std::vector<SeriesInfo>> ScalarBinaryOperator::MakeSeries() {
  auto left = ReadScalar(*lhs_);
  if (!left) return left.error();
  auto right = ReadScalar(*rhs_);
  if (!right) return right.error();
  left_ = std::move(*left);
  right_ = std::move(*right);
  return std::vector<SeriesInfo>(1);
}

Status ScalarBinaryOperator::Fill(RowBatch& out) {
  if (given_) return {};
  given_ = true;
  const Row row = out.Append(0);
  for (std::size_t i = 0; i < row.values.size(); ++i) row.values[i] = combine_(left_[i], right_[i]);
  std::ranges::fill(row.valid, std::uint8_t{1});
  return {};
}

VectorScalarOperator::VectorScalarOperator(QueryContext& context, Spec spec, OperatorPtr vector, OperatorPtr scalar)
    : Operator(context, vector->steps(), Accounting::kGathered),
      spec_(spec),
      vector_(std::move(vector)),
      scalar_(std::move(scalar)) {
  AddInput(vector_.get());
  AddInput(scalar_.get());
}

Result<std::vector<SeriesInfo>> VectorScalarOperator::MakeSeries() {
  auto scalars = ReadScalar(*scalar_);
  if (!scalars) return scalars.error();
  scalars_ = std::move(*scalars);
  auto series = vector_->Series();
  if (series && (!KeepsMetricName(spec_.op) || spec_.return_bool)) DropNames(*series, context());
  return series;
}

Status VectorScalarOperator::Fill(RowBatch& out) {
  const Result<std::size_t> rows = vector_->Next(out);
  if (!rows) return rows.error();
  for (std::size_t i = 0; i < *rows; ++i) {
    const Row row = out.row(i);
    const bool has_histograms = !row.histograms.empty();
    if (has_histograms || IsTrim(spec_.op)) was_valid_.assign(row.valid.begin(), row.valid.end());
    if (!IsTrim(spec_.op)) Apply(row);
    if (has_histograms || IsTrim(spec_.op)) ApplyToHistograms(row);
  }
  return {};
}

void VectorScalarOperator::ApplyToHistograms(const Row& row) {
  for (std::size_t step = 0; step < was_valid_.size(); ++step) {
    if (was_valid_[step] == 0 || !(row.IsHistogram(step) || IsTrim(spec_.op))) continue;
    const Operand scalar{nullptr, scalars_[step]};
    const Operand sample{row.IsHistogram(step) ? row.histograms[step] : nullptr, row.values[step]};
    const bool vector_left = spec_.vector_side == VectorSide::kLeft;
    CombinedSample result = Combine(context(), spec_.op, spec_.return_bool, spec_.pos, vector_left ? sample : scalar,
                                    vector_left ? scalar : sample);
    row.valid[step] = result.valid ? 1 : 0;
    row.values[step] = result.v;
    if (!row.histograms.empty()) row.histograms[step] = std::move(result.h);
  }
}

void VectorScalarOperator::Apply(const Row& row) {
  const bool vector_left = spec_.vector_side == VectorSide::kLeft;
  const std::span<const double> lhs = vector_left ? std::span<const double>(row.values) : scalars_;
  const std::span<const double> rhs = vector_left ? std::span<const double>(scalars_) : row.values;
  if (!IsComparison(spec_.op)) return ArithmeticRow(spec_.op, lhs, rhs, row.values);
  holds_.resize(row.valid.size());
  CompareRow(spec_.op, lhs, rhs, holds_);
  for (std::size_t i = 0; i < holds_.size(); ++i) {
    if (spec_.return_bool) {
      row.values[i] = holds_[i];
    } else {
      row.valid[i] &= holds_[i];
    }
  }
}

}  // namespace vigia::promql
