// An instant selector with the modifier `smoothed`: at each step the sample there, else the value on the line between
// the neighbours within the lookback on either side, else the one before (surface.md 4.8).
#pragma once

#include <memory>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/stored_range_source.h"
#include "promql/histogram/histogram_flags.h"
#include "promql/plan/plan.h"
#include "promql/value/value.h"

namespace vigia::promql {

class SmoothedSelectOperator : public Operator {
 public:
  // `node` must outlive the operator; `samples` counts the values given.
  SmoothedSelectOperator(QueryContext& context, const Steps& steps, const SelectNode& node, PosRange pos,
                         SampleCounter* samples);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  // The sample of the step that is written by `sample` and `next` on both sides of it, or by `sample` alone (equal).
  // Histograms go to the last row of `out`.
  void TakeBetween(const RangeSeries& series, std::uint32_t sample, std::uint32_t next, std::size_t step,
                   RowBatch& out);
  // The histogram between two samples, with what there is to tell about it in flags_. nullptr: there is none.
  HistogramPtr Between(const RangeSeries& series, std::uint32_t sample, std::uint32_t next, TimestampMs at);

  const SelectNode& node_;
  const PosRange pos_;
  SampleCounter* const samples_;
  std::vector<Labels> labels_;  // For annotations.
  HistogramFlags flags_;
  // Windows of twice the lookback around each step.
  StoredRangeSource source_;
};

// The samples of an anchored or smoothed window as a range vector shows them: a point at each end, samples between.
// Empty when no sample lies behind the start. REQUIRES: windows of such a kind, floats only.
std::vector<FloatPoint> ExtendedPoints(const RangeSeries& series, std::size_t step);

}  // namespace vigia::promql
