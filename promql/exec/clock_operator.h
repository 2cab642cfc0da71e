// Scalars that come from nowhere but the step: numbers and time().
#pragma once

#include <vector>

#include "promql/exec/operator.h"

namespace vigia::promql {

class NumberOperator : public Operator {
 public:
  NumberOperator(QueryContext& context, const Steps& steps, double value)
      : Operator(context, steps, Accounting::kOwn), value_(value) {}

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override { return std::vector<SeriesInfo>(1); }
  storage::Status Fill(RowBatch& out) override;
  const double value_;
  bool given_ = false;
};

// The evaluation time in seconds.
class TimeOperator : public Operator {
 public:
  TimeOperator(QueryContext& context, const Steps& steps) : Operator(context, steps, Accounting::kOwn) {}

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override { return std::vector<SeriesInfo>(1); }
  storage::Status Fill(RowBatch& out) override;
  bool given_ = false;
};

}  // namespace vigia::promql
