// Where functions of range vectors get series and their windows from: storage or a subquery.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/functions/window_set.h"
#include "promql/plan/plan.h"

namespace vigia::promql {

// One series: its samples without stale markers, and what each step sees of them.
struct RangeSeries {
  SeriesId id = 0;
  std::span<const double> values;
  std::span<const HistogramPtr> histograms;  // Empty when there are only floats, else as many as values.
  const WindowSet* windows = nullptr;
  std::span<const TimestampMs> starts = {};  // Start timestamps: none, or as many as values, 0 where unknown.
};

class StoredRangeSource;

// Used as an Operator is. Thread-compatible.
class RangeSource {
 public:
  virtual ~RangeSource() = default;
  virtual storage::Result<std::vector<SeriesInfo>> Series() = 0;
  // The next series, valid until the next call; false = no more.
  virtual storage::Result<bool> Next(RangeSeries& out) = 0;
  // The samples that the source holds itself are no longer needed.
  virtual void Release() = 0;
  // Whether what it gives is counted already, by the operators below.
  virtual bool is_counted() const = 0;
  // Itself, if it reads from storage; else null.
  virtual StoredRangeSource* stored() { return nullptr; }
};

using RangeSourcePtr = std::unique_ptr<RangeSource>;

// Windows over columns of timestamps; series with the same column share them.
class ColumnWindows {
 public:
  explicit ColumnWindows(const RangeGrid& grid) : grid_(grid) {}
  // The windows of `t`. `column` as in SamplesView; 0 = not shared. Valid until the next call.
  const WindowSet& For(std::span<const TimestampMs> t, std::uint64_t column);

 private:
  const RangeGrid grid_;
  std::vector<TimestampMs> timestamps_;
  std::uint64_t column_ = 0;
  std::optional<WindowSet> windows_;
};

RangeGrid GridOf(const Steps& steps, const TimeShift& shift, DurationMs range_ms);
// For the windows of a smoothed instant selector: (step - lookback, step + lookback].
RangeGrid SmoothedGridOf(const Steps& steps, const TimeShift& shift, DurationMs lookback_ms);

class SubqueryRangeSource : public RangeSource {
 public:
  // `steps` are those of the function; `input` has the grid of the subquery.
  SubqueryRangeSource(const Steps& steps, const SubqueryNode& node, OperatorPtr input);
  storage::Result<std::vector<SeriesInfo>> Series() override { return input_->Series(); }
  storage::Result<bool> Next(RangeSeries& out) override;
  void Release() override { input_->Release(); }
  bool is_counted() const override { return true; }

 private:
  ColumnWindows windows_;
  const OperatorPtr input_;
  RowBatch batch_;
  std::size_t next_ = 0;
  std::vector<TimestampMs> grid_times_;  // All steps of the subquery: the column of series without gaps.
  std::vector<TimestampMs> times_;
  std::vector<double> values_;
  std::vector<HistogramPtr> histograms_;
};

}  // namespace vigia::promql
