// An instant selector with the modifier `smoothed`: at each step the sample there, else the value on the line between
// the neighbours within the lookback on either side, else the one before (surface.md 4.8).
#pragma once

#include <memory>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/range_source.h"
#include "promql/plan/plan.h"
#include "promql/value/value.h"

namespace vigia::promql {

class SmoothedSelectOperator : public Operator {
 public:
  // `node` must outlive the operator; `samples` counts the values given.
  SmoothedSelectOperator(QueryContext& context, const Steps& steps, const SelectNode& node, std::uint64_t* samples);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;

  const SelectNode& node_;
  std::uint64_t* const samples_;
  // Windows of twice the lookback around each step.
  StoredRangeSource source_;
};

// The samples of an anchored or smoothed window as a range vector shows them: a point at each end, samples between.
// Empty when no sample lies behind the start. REQUIRES: windows of such a kind.
std::vector<FloatPoint> ExtendedPoints(const RangeSeries& series, std::size_t step);

}  // namespace vigia::promql
