#include "promql/exec/range_source.h"

#include <algorithm>
#include <utility>

#include "promql/histogram/counter_reset.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

const WindowSet& ColumnWindows::For(std::span<const TimestampMs> t, std::uint64_t column) {
  if (column != 0 && column == column_) return *windows_;
  // A copy: the caller's buffer is reused for the next series while the windows may be kept.
  timestamps_.assign(t.begin(), t.end());
  windows_.emplace(timestamps_, grid_);
  column_ = column;
  return *windows_;
}

RangeGrid GridOf(const Steps& steps, const TimeShift& shift, DurationMs range_ms) {
  RangeGrid grid;
  grid.steps = steps.count;
  grid.eval_start_ms = steps.start_ms;
  grid.eval_step_ms = steps.interval_ms;
  grid.end_start_ms = shift.Apply(steps.start_ms);
  grid.end_step_ms = shift.at_ms ? 0 : steps.interval_ms;
  grid.range_ms = range_ms;
  return grid;
}

RangeGrid SmoothedGridOf(const Steps& steps, const TimeShift& shift, DurationMs lookback_ms) {
  RangeGrid grid = GridOf(steps, shift, 2 * lookback_ms);
  grid.end_start_ms += lookback_ms;
  return grid;
}

SubqueryRangeSource::SubqueryRangeSource(const Steps& steps, const SubqueryNode& node, OperatorPtr input)
    : windows_(GridOf(steps, node.shift, node.range_ms)), input_(std::move(input)), batch_(input_->steps().count) {
  grid_times_.reserve(input_->steps().count);
  for (std::size_t i = 0; i < input_->steps().count; ++i) grid_times_.push_back(input_->steps().At(i));
}

Result<bool> SubqueryRangeSource::Next(RangeSeries& out) {
  if (next_ >= batch_.size()) {
    const Result<std::size_t> rows = input_->Next(batch_);
    if (!rows) return rows.error();
    if (*rows == 0) return false;
    next_ = 0;
  }
  constexpr std::uint64_t kGridColumn = 1;
  const Row row = batch_.row(next_);
  out.id = batch_.id(next_);
  ++next_;
  histograms_.clear();
  for (std::size_t i = 0; i < row.histograms.size(); ++i) {
    if (row.valid[i] == 0) continue;
    histograms_.push_back(row.histograms[i] ? ForgetNeighbours(row.histograms[i]) : nullptr);
  }
  if (std::ranges::all_of(histograms_, [](const HistogramPtr& h) { return h == nullptr; })) histograms_.clear();
  out.histograms = histograms_;
  if (CountValid(row.valid) == row.valid.size()) {
    out.values = row.values;
    out.windows = &windows_.For(grid_times_, kGridColumn);
    return true;
  }
  times_.clear();
  values_.clear();
  for (std::size_t i = 0; i < row.valid.size(); ++i) {
    if (row.valid[i] == 0) continue;
    times_.push_back(grid_times_[i]);
    values_.push_back(row.values[i]);
  }
  out.values = values_;
  out.windows = &windows_.For(times_, 0);
  return true;
}

}  // namespace vigia::promql
