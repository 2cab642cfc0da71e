// rate(), avg_over_time() and their like: one kernel call for each series, all its windows at once.
#pragma once

#include <memory>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/range_source.h"
#include "promql/functions/range_function.h"

namespace vigia::promql {

class RangeFunctionOperator : public Operator {
 public:
  struct Arguments {
    std::unique_ptr<RangeSource> range;
    std::vector<OperatorPtr> scalars;  // In the order written, the range left out.
    PosRange first_argument;           // Annotations are about the first one.
  };
  // `samples` counts the samples that all windows hold.
  RangeFunctionOperator(QueryContext& context, const Steps& steps, const RangeFunctionSpec& spec, Arguments arguments,
                        std::uint64_t* samples);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  storage::Status Evaluate(const RangeSeries& series, RowBatch& out);
  // One kernel call, or several over parts of the steps when the windows hold so much that a call would take long.
  storage::Status Compute(const RangeSeries& series, const Row& row);
  storage::Status ComputePart(const RangeSeries& series, std::size_t first, std::size_t count, const Row& row);
  void Annotate(const RangeSeries& series, const Row& row);

  const RangeFunctionSpec& spec_;
  const Arguments arguments_;
  std::uint64_t* const samples_;
  std::vector<std::vector<double>> scalars_;
  std::vector<Labels> counter_names_;  // Of the series, where an annotation may be about them.
  RangeScratch scratch_;
  std::uint64_t pending_ = 0;  // Samples in the batch being filled, not charged yet.
};

}  // namespace vigia::promql
