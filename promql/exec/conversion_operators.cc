#include "promql/exec/conversion_operators.h"

#include <algorithm>
#include <cmath>
#include <set>
#include <string>

namespace vigia::promql {

using storage::Result;
using storage::Status;

ScalarOperator::ScalarOperator(QueryContext& context, OperatorPtr input)
    : Operator(context, input->steps(), Accounting::kGathered), input_(std::move(input)) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> ScalarOperator::MakeSeries() {
  auto series = input_->Series();
  if (!series) return series;
  return std::vector<SeriesInfo>(1);
}

Status ScalarOperator::Fill(RowBatch& out) {
  if (given_) return {};
  given_ = true;
  std::vector<double> values(steps().count, std::nan(""));
  std::vector<std::uint8_t> found(steps().count);  // 0, 1, or 2 for more.
  while (true) {
    const Result<std::size_t> rows = input_->Next(out);
    if (!rows) return rows.error();
    if (*rows == 0) break;
    for (std::size_t i = 0; i < *rows; ++i) {
      const Row row = out.row(i);
      for (std::size_t step = 0; step < found.size(); ++step) {
        if (row.valid[step] == 0 || row.IsHistogram(step)) continue;
        values[step] = found[step] == 0 ? row.values[step] : std::nan("");
        found[step] = found[step] == 0 ? 1 : 2;
      }
    }
  }
  const Row row = out.Append(0);
  std::ranges::copy(values, row.values.begin());
  std::ranges::fill(row.valid, std::uint8_t{1});
  return {};
}

VectorOperator::VectorOperator(QueryContext& context, OperatorPtr input)
    : Operator(context, input->steps(), Accounting::kGathered), input_(std::move(input)) {
  AddInput(input_.get());
}

Status VectorOperator::Fill(RowBatch& out) {
  const Result<std::size_t> rows = input_->Next(out);
  if (!rows) return rows.error();
  return {};
}

Labels AbsentLabels(const std::vector<storage::Matcher>& matchers) {
  storage::LabelsBuilder labels;
  std::set<std::string> seen;
  for (const storage::Matcher& matcher : matchers) {
    if (matcher.name() == storage::kMetricName) continue;
    if (matcher.type() == storage::MatchType::kEqual && seen.insert(matcher.name()).second) {
      labels.Set(matcher.name(), matcher.value());
    } else {
      labels.Delete(matcher.name());
    }
  }
  return labels.Build();
}

AbsentOperator::AbsentOperator(QueryContext& context, OperatorPtr input, Labels labels)
    : Operator(context, input->steps(), Accounting::kGathered), input_(std::move(input)), labels_(std::move(labels)) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> AbsentOperator::MakeSeries() {
  auto series = input_->Series();
  if (!series) return series;
  return std::vector<SeriesInfo>{{labels_, false}};
}

Status AbsentOperator::Fill(RowBatch& out) {
  if (given_) return {};
  given_ = true;
  std::vector<std::uint8_t> present(steps().count);
  while (true) {
    const Result<std::size_t> rows = input_->Next(out);
    if (!rows) return rows.error();
    if (*rows == 0) break;
    for (std::size_t i = 0; i < *rows; ++i) {
      const Row row = out.row(i);
      for (std::size_t step = 0; step < present.size(); ++step) present[step] |= row.valid[step];
    }
  }
  const Row row = out.Append(0);
  for (std::size_t step = 0; step < present.size(); ++step) {
    row.values[step] = 1;
    row.valid[step] = present[step] == 0 ? 1 : 0;
  }
  return {};
}

}  // namespace vigia::promql
