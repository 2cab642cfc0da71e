#include "promql/exec/aggregate_operator.h"

#include <algorithm>
#include <cmath>

#include "promql/exec/histogram_size.h"
#include "promql/exec/round_counter.h"
#include "promql/functions/quantile.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;

// Feeds all rows of `input` to add(group, row, labels) and marks the groups whose samples lose their name.
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
      if (Status status = add(group, row, series[batch.id(i)].labels); !status) return status;
    }
  }
}

}  // namespace

FoldOperator::FoldOperator(QueryContext& context, FoldOp op, std::string_view name, GroupingSpec grouping,
                           OperatorPtr input, PosRange input_pos)
    : Operator(context, input->steps(), Accounting::kOwn),
      op_(op),
      name_(name),
      grouping_(std::move(grouping)),
      input_(std::move(input)),
      input_pos_(input_pos),
      reserved_(context.budget()) {
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> FoldOperator::MakeSeries() {
  auto series = input_->Series();
  if (!series) return series;
  Result<Groups> made = MakeGroups(context(), *series, grouping_.without, grouping_.labels);
  if (!made) return made.error();
  Groups& groups = *made;
  groups_ = groups.series.size();
  const std::uint64_t bytes = std::uint64_t{groups_} * steps().count * Fold::BytesPerCell(op_);
  if (const Status status = reserved_.Add(bytes / sizeof(double) + 1); !status) return status.error();
  fold_.emplace(op_, groups_, steps().count);
  const Status status =
      ForEachRow(*input_, *series, groups,
                 [&](std::uint32_t group, const Row& row, const Labels& labels) { return Add(group, row, labels); });
  if (!status) return status.error();
  ReleaseInputs();
  return std::move(groups.series);
}

Status FoldOperator::Add(std::uint32_t group, const Row& row, const Labels& labels) {
  if (op_ == FoldOp::kCount || op_ == FoldOp::kGroup) {  // They look at no value.
    fold_->Add(group, row.values, row.valid);
    return {};
  }
  if (!row.histograms.empty()) {
    floats_.assign(row.valid.begin(), row.valid.end());
    const bool any = DiscardHistograms({row.values, floats_, row.histograms});
    if (any && folds_histograms()) return AddHistograms(group, row, labels);
    if (any) {
      context().annotations().Add(HistogramIgnoredInAggregationInfo(name_, context().PositionOf(input_pos_)));
      fold_->Add(group, row.values, floats_);
      return {};
    }
  }
  fold_->Add(group, row.values, row.valid);
  if (histogram_fold_) histogram_fold_->AddFloats(group, row.valid);
  return {};
}

Status FoldOperator::AddHistograms(std::uint32_t group, const Row& row, const Labels& labels) {
  if (!histogram_fold_) {
    const std::uint64_t cells = std::uint64_t{groups_} * steps().count;
    const std::uint64_t bytes = cells * (HistogramFold::kBytesPerCell + sizeof(std::uint8_t));
    if (Status status = reserved_.Add(bytes / sizeof(double) + 1); !status) return status;
    const HistogramFoldOp op = op_ == FoldOp::kSum ? HistogramFoldOp::kSum : HistogramFoldOp::kAvg;
    histogram_fold_.emplace(op, groups_, steps().count, *fold_);
    has_cell_.assign(cells, 0);
  }
  if (Status status = ReserveCells(group, row); !status) return status;
  fold_->Add(group, row.values, floats_);
  histogram_fold_->AddFloats(group, floats_);
  histograms_.assign(row.histograms.begin(), row.histograms.end());
  for (std::size_t step = 0; step < histograms_.size(); ++step) {
    if (row.valid[step] == 0) histograms_[step] = nullptr;
  }
  histogram_fold_->Add(group, histograms_);
  Annotate(histogram_fold_->TakeFlags(), labels.metric_name(), context().PositionOf(input_pos_),
           context().annotations());
  return {};
}

Status FoldOperator::ReserveCells(std::uint32_t group, const Row& row) {
  constexpr std::uint64_t kSlotsPerSample = 2 * 2;  // Two histograms for each cell.
  std::uint64_t samples = 0;
  std::uint8_t* const has_cell = has_cell_.data() + std::size_t{group} * steps().count;
  for (std::size_t step = 0; step < row.valid.size(); ++step) {
    if (row.valid[step] == 0 || !row.IsHistogram(step) || std::exchange(has_cell[step], std::uint8_t{1}) != 0) continue;
    samples += SamplesOf(*row.histograms[step]);
  }
  return reserved_.Add(samples * kSlotsPerSample);
}

Status FoldOperator::Fill(RowBatch& out) {
  for (; next_ < groups_ && !out.full(); ++next_) {
    Row row = out.Append(static_cast<SeriesId>(next_));
    fold_->Finish(next_, {row.values, row.valid});
    if (!histogram_fold_) continue;
    row = out.WithHistograms(out.size() - 1);
    histogram_fold_->Finish(next_, {row.values, row.valid}, row.histograms);
    Annotate(histogram_fold_->TakeFlags(), "", context().PositionOf(input_pos_), context().annotations());
  }
  return {};
}

QuantileOperator::QuantileOperator(QueryContext& context, OperatorPtr parameter, PosRange parameter_pos,
                                   GroupingSpec grouping, OperatorPtr input, PosRange input_pos)
    : Operator(context, input->steps(), Accounting::kOwn),
      parameter_(std::move(parameter)),
      parameter_pos_(parameter_pos),
      grouping_(std::move(grouping)),
      input_(std::move(input)),
      input_pos_(input_pos),
      reserved_(context.budget()) {
  AddInput(parameter_.get());
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> QuantileOperator::MakeSeries() {
  auto parameter = ReadScalar(*parameter_);
  if (!parameter) return parameter.error();
  q_ = std::move(*parameter);
  auto series = input_->Series();
  if (!series) return series;
  WarnOfParameter();
  Result<Groups> made = MakeGroups(context(), *series, grouping_.without, grouping_.labels);
  if (!made) return made.error();
  Groups& groups = *made;
  groups_ = groups.series.size();
  fold_.emplace(groups_, steps().count);
  bool ignored_histograms = false;
  const auto add = [&](std::uint32_t group, const Row& row, const Labels&) -> Status {
    ignored_histograms |= DiscardHistograms(row);
    // A value and a validity for each step; vectors that grow take up to twice of it.
    if (Status reserved = reserved_.Add(2 * row.values.size() + 1); !reserved) return reserved;
    fold_->Add(group, row.values, row.valid);
    return {};
  };
  if (const Status status = ForEachRow(*input_, *series, groups, add); !status) return status.error();
  if (ignored_histograms) {
    context().annotations().Add(HistogramIgnoredInAggregationInfo("quantile", context().PositionOf(input_pos_)));
  }
  ReleaseInputs();
  return std::move(groups.series);
}

void QuantileOperator::WarnOfParameter() {
  if (q_.empty()) return;
  const TextPosition position = context().PositionOf(parameter_pos_);
  if (std::ranges::any_of(q_, [](double q) { return std::isnan(q); })) {
    context().annotations().Add(InvalidQuantileWarning(std::nan(""), position));
    return;  // Beside it Prometheus sees no smallest and largest.
  }
  const auto [smallest, largest] = std::ranges::minmax(q_);
  if (largest > 1) context().annotations().Add(InvalidQuantileWarning(largest, position));
  if (smallest < 0) context().annotations().Add(InvalidQuantileWarning(smallest, position));
}

Status QuantileOperator::Fill(RowBatch& out) {
  constexpr std::size_t kCellsPerLook = 65536;
  RoundCounter rounds(context());
  for (; next_ < groups_ && !out.full(); ++next_) {
    const Row row = out.Append(static_cast<SeriesId>(next_));
    const std::size_t width = fold_->rows(next_) + 1;
    const std::size_t stride = std::max<std::size_t>(kCellsPerLook / width, 1);
    for (std::size_t step = 0; step < steps().count; step += stride) {
      const std::size_t count = std::min(stride, steps().count - step);
      if (Status status = rounds.Add(count * width); !status) return status;
      fold_->Finish(next_, step, count, {q_}, {row.values, row.valid});
    }
  }
  return {};
}

}  // namespace vigia::promql
