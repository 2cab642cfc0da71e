// Evaluates its input at one step and repeats the result at all of them.
#pragma once

#include <utility>
#include <vector>

#include "promql/exec/operator.h"

namespace vigia::promql {

class StepInvariantOperator : public Operator {
 public:
  StepInvariantOperator(QueryContext& context, const Steps& steps, OperatorPtr input)
      : Operator(context, steps, Accounting::kOwn), input_(std::move(input)), batch_(input_->steps().count) {}

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override { return input_->Series(); }
  storage::Status Fill(RowBatch& out) override;

  const OperatorPtr input_;
  RowBatch batch_;
  std::size_t next_ = 0;
};

}  // namespace vigia::promql
