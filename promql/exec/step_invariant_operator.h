// Evaluates its input at one step and repeats the result at all of them.
#pragma once

#include <utility>
#include <vector>

#include "promql/exec/operator.h"

namespace vigia::promql {

class StepInvariantOperator : public Operator {
 public:
  // The samples that `input` touches are in `inner_samples`; they count once for each step in `samples`.
  StepInvariantOperator(QueryContext& context, const Steps& steps, OperatorPtr input,
                        const std::uint64_t* inner_samples, std::uint64_t* samples)
      : Operator(context, steps, Accounting::kOwn),
        input_(std::move(input)),
        inner_samples_(inner_samples),
        samples_(samples),
        batch_(input_->steps().count) {}

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override { return input_->Series(); }
  storage::Status Fill(RowBatch& out) override;

  const OperatorPtr input_;
  const std::uint64_t* const inner_samples_;
  std::uint64_t* const samples_;
  RowBatch batch_;
  std::size_t next_ = 0;
};

}  // namespace vigia::promql
