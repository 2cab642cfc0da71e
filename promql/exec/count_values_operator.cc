#include "promql/exec/count_values_operator.h"

#include <algorithm>
#include <bit>

#include "promql/exec/evaluation_error.h"
#include "promql/histogram/format.h"
#include "promql/value/format.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

CountValuesOperator::CountValuesOperator(QueryContext& context, std::string value_label, GroupingSpec grouping,
                                         OperatorPtr input)
    : Operator(context, input->steps(), Accounting::kGathered),
      value_label_(std::move(value_label)),
      grouping_(std::move(grouping)),
      input_(std::move(input)),
      reserved_(context.budget()) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> CountValuesOperator::MakeSeries() {
  if (value_label_.empty() || !storage::IsValidUtf8(value_label_)) {
    return EvaluationError("invalid label name " + storage::Quoted(value_label_));
  }
  auto series = input_->Series();
  if (!series) return series;
  // The value takes the place of a label of this name; without() takes even the value away.
  std::vector<std::string> labels = grouping_.labels;
  const bool named = std::ranges::binary_search(labels, value_label_);
  if (grouping_.without) {
    keeps_value_label_ = !named && !IsMetadataLabel(value_label_);
    if (!named) labels.insert(std::ranges::lower_bound(labels, value_label_), value_label_);
  } else {
    std::erase(labels, value_label_);
  }
  Result<Groups> made = MakeGroups(context(), *series, grouping_.without, labels);
  if (!made) return made.error();
  Groups& groups = *made;
  bases_ = std::move(groups.series);
  by_value_.resize(bases_.size());
  RowBatch batch(steps().count);
  while (true) {
    const Result<std::size_t> rows = input_->Next(batch);
    if (!rows) return rows.error();
    if (*rows == 0) break;
    for (std::size_t i = 0; i < *rows; ++i) {
      if (const Status status = Count(groups.of_series[batch.id(i)], batch.row(i)); !status) return status.error();
    }
  }
  return std::move(series_);
}

Status CountValuesOperator::Count(std::uint32_t group, const Row& row) {
  for (std::size_t step = 0; step < row.valid.size(); ++step) {
    if (row.valid[step] == 0) continue;
    const Result<std::size_t> at = row.IsHistogram(step) ? CellsOf(group, FormatHistogram(*row.histograms[step]))
                                                         : CellsOf(group, row.values[step]);
    if (!at) return at.error();
    counts_[*at][step] += 1;
  }
  return {};
}

Result<std::size_t> CountValuesOperator::CellsOf(std::uint32_t group, double value) {
  const auto [known, is_new] = by_value_[group].emplace(std::bit_cast<std::uint64_t>(value), 0);
  if (!is_new) return known->second;
  Result<std::size_t> at = CellsOf(group, FormatPlain(value));
  if (at) known->second = *at;
  return at;
}

Result<std::size_t> CountValuesOperator::CellsOf(std::uint32_t group, const std::string& value) {
  if (const Status status = context().Interrupted(); !status) return status.error();
  storage::LabelsBuilder builder(bases_[group].labels);
  if (keeps_value_label_) builder.Set(value_label_, value);
  Labels labels = builder.Build();
  const auto [at, is_first] = ids_.emplace(labels.bytes(), series_.size());
  if (is_first) {
    if (const Status status = reserved_.Add(steps().count + 1); !status) return status.error();
    const std::uint64_t bytes = 2 * (labels.bytes().size() + sizeof(SeriesInfo));  // In both tables.
    if (const Status status = context().budget().ReserveLabels(bytes); !status) return status.error();
    series_.push_back({std::move(labels), false});
    counts_.emplace_back(steps().count, 0.0);
  }
  return at->second;
}

Status CountValuesOperator::Fill(RowBatch& out) {
  for (; next_ < counts_.size() && !out.full(); ++next_) {
    const Row row = out.Append(static_cast<SeriesId>(next_));
    for (std::size_t step = 0; step < row.values.size(); ++step) {
      row.values[step] = counts_[next_][step];
      row.valid[step] = row.values[step] > 0 ? 1 : 0;
    }
  }
  return {};
}

}  // namespace vigia::promql
