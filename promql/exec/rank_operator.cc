#include "promql/exec/rank_operator.h"

#include <algorithm>
#include <cmath>

#include "promql/exec/evaluation_error.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;

constexpr std::uint8_t kChosen = 2;  // In place of 1 in the validity of a stored row, until the step is done.

void MarkChosen(StoredRow row, std::size_t step) { row.valid[step - row.first] = kChosen; }

// What was not chosen is no longer there.
void Settle(StoredRow row, std::size_t step) {
  if (!row.Has(step)) return;
  std::uint8_t& valid = row.valid[step - row.first];
  valid = valid == kChosen ? 1 : 0;
}

}  // namespace

RankOperator::RankOperator(QueryContext& context, AggregateOp op, OperatorPtr parameter, PosRange parameter_pos,
                           GroupingSpec grouping, OperatorPtr input, PosRange own_pos, Ties ties)
    : Operator(context, input->steps(), Accounting::kOwn),
      op_(op),
      parameter_(std::move(parameter)),
      parameter_pos_(parameter_pos),
      grouping_(std::move(grouping)),
      input_(std::move(input)),
      own_pos_(own_pos),
      ties_(ties),
      rows_(context.budget()) {
  AddInput(parameter_.get());
  AddInput(input_.get());
}

Result<std::vector<SeriesInfo>> RankOperator::MakeSeries() {
  auto parameters = ReadScalar(*parameter_);
  if (!parameters) return parameters.error();
  parameters_ = std::move(*parameters);
  auto series = input_->Series();
  if (!series) return series;
  series_ = series->size();
  Result<Groups> made = MakeGroups(context(), *series, grouping_.without, grouping_.labels);
  if (!made) return made.error();
  Groups& groups = *made;
  members_.resize(groups.series.size());
  group_of_series_ = std::move(groups.of_series);
  if (op_ == AggregateOp::kLimitRatio) {
    for (const SeriesInfo& info : *series) hashes_.push_back(info.labels.Hash());
  }
  return series;
}

Status RankOperator::Fill(RowBatch& out) {
  if (!chosen_) {
    chosen_ = true;
    if (Status status = rows_.AddAll(*input_); !status) return status;
    for (std::size_t i = 0; i < rows_.size(); ++i) members_[group_of_series_[rows_.row(i).id]].push_back(i);
    if (Status status = Choose(); !status) return status;
    ReleaseInputs();
  }
  for (; next_ < order_.size() && !out.full(); ++next_) {
    rows_.AppendTo(order_[next_], out);
  }
  return {};
}

Status RankOperator::Choose() {
  Status status;
  if (op_ == AggregateOp::kLimitRatio) {
    status = ChooseByRatio();
  } else if (op_ == AggregateOp::kLimitk) {
    status = ChooseFirst();
  } else {
    status = ChooseRanked();
  }
  if (!status || !order_.empty()) return status;
  for (const std::vector<std::size_t>& members : members_) {
    for (const std::size_t i : members) {
      if (CountValid(rows_.row(i).valid) > 0) order_.push_back(i);
    }
  }
  return {};
}

Result<std::vector<std::size_t>> RankOperator::Sizes() {
  std::vector<std::size_t> sizes(parameters_.size(), 0);
  // Prometheus looks at nothing else when no step wants an element, except that a NaN is never fine.
  if (std::ranges::all_of(parameters_, [](double k) { return k < 1; })) return sizes;
  for (std::size_t step = 0; step < parameters_.size(); ++step) {
    const Result<std::size_t> size = SelectionSize(parameters_[step], series_);
    if (!size) return AsEvaluationError(size.error());
    sizes[step] = *size;
  }
  return sizes;
}

Status RankOperator::ChooseRanked() {
  const auto sizes = Sizes();
  if (!sizes) return sizes.error();
  bool ignored_histograms = false;
  RankedSelection selection(op_ == AggregateOp::kTopk ? RankOrder::kTop : RankOrder::kBottom, 0);
  for (std::size_t step = 0; step < steps().count; ++step) {
    if (Status status = context().Interrupted(); !status) return status;
    for (const std::vector<std::size_t>& members : members_) {
      selection.Reset((*sizes)[step]);
      for (const std::size_t i : members) {
        const StoredRow row = rows_.row(i);
        if (!row.Has(step)) continue;
        if (row.HistogramAt(step) != nullptr) {
          ignored_histograms = true;
        } else {
          selection.Offer(row.At(step), static_cast<std::uint32_t>(i));
        }
      }
      if ((*sizes)[step] > 0 && steps().single()) {
        for (const auto& entry : selection.Sorted()) order_.push_back(entry.index);
      }
      for (const auto& entry : selection.entries()) MarkChosen(rows_.row(entry.index), step);
      if (ties_ == Ties::kWatched && !context().IsWhole()) WatchTies(selection, members, step);
      for (const std::size_t i : members) Settle(rows_.row(i), step);
    }
  }
  if (ignored_histograms && std::ranges::any_of(*sizes, [](std::size_t size) { return size > 0; })) {
    context().annotations().Add(HistogramIgnoredInAggregationInfo(ToString(op_), context().PositionOf(own_pos_)));
  }
  return {};
}

void RankOperator::WatchTies(const RankedSelection& selection, const std::vector<std::size_t>& members,
                             std::size_t step) {
  if (selection.entries().empty()) return;
  const auto [least, most] = std::ranges::minmax(selection.entries(), {}, &RankedSelection::Entry::value);
  const double last = op_ == AggregateOp::kTopk ? least.value : most.value;
  for (const std::size_t i : members) {
    const StoredRow row = rows_.row(i);
    if (!row.Has(step) || row.HistogramAt(step) != nullptr) continue;
    const bool is_chosen = row.valid[step - row.first] == kChosen;
    if (std::isnan(row.At(step)) || (!is_chosen && row.At(step) == last)) context().SetWhole();
  }
}

Status RankOperator::ChooseFirst() {
  const auto sizes = Sizes();
  if (!sizes) return sizes.error();
  for (const std::vector<std::size_t>& members : members_) {
    if (Status status = context().Interrupted(); !status) return status;
    std::vector<std::size_t> left = *sizes;
    for (const std::size_t i : members) {
      const StoredRow row = rows_.row(i);
      for (std::size_t step = row.first; step < row.first + row.valid.size(); ++step) {
        if (!row.Has(step)) continue;
        if (left[step] > 0) {
          --left[step];
        } else {
          row.valid[step - row.first] = 0;
        }
      }
    }
  }
  return {};
}

Status RankOperator::ChooseByRatio() {
  const auto is_zero = [](double ratio) { return ratio == 0; };
  const bool all_zero = std::ranges::all_of(parameters_, is_zero);
  if (!all_zero && !parameters_.empty()) {
    if (std::ranges::any_of(parameters_, [](double ratio) { return std::isnan(ratio); })) {
      return EvaluationError("Ratio value is NaN");
    }
    const auto [smallest, largest] = std::ranges::minmax(parameters_);
    const TextPosition position = context().PositionOf(parameter_pos_);
    if (largest > 1) context().annotations().Add(InvalidRatioWarning(largest, 1, position));
    if (smallest < -1) context().annotations().Add(InvalidRatioWarning(smallest, -1, position));
  }
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const StoredRow row = rows_.row(i);
    for (std::size_t k = 0; k < row.valid.size(); ++k) {
      const double ratio = parameters_[row.first + k];
      if (is_zero(ratio) || !IsInRatio(std::clamp(ratio, -1.0, 1.0), hashes_[row.id])) row.valid[k] = 0;
    }
  }
  return {};
}

}  // namespace vigia::promql
