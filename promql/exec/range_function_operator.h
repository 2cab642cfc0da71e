// rate(), avg_over_time() and their like: one kernel call for each series, all its windows at once.
#pragma once

#include <memory>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/range_evaluator.h"
#include "promql/exec/range_source.h"
#include "promql/exec/series_parts.h"
#include "promql/exec/stored_range_source.h"
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
                        SampleCounter* samples);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  storage::Status Evaluate(const RangeSeries& series, RowBatch& out);
  // Up to the end of what the source gives.
  storage::Status FillFromSource(RowBatch& out);
  // Sets parts_ if it is worth while.
  storage::Status StartParts(std::size_t count);
  storage::Status FillFromParts(RowBatch& out);
  // Counts and annotates as Evaluate() does, what a part says of its series.
  storage::Status TakeNotes(const SeriesPart& part, RowBatch& out);
  void Annotate(SeriesId id, bool starts_overlap, const Row& row);

  const RangeFunctionSpec& spec_;
  const Arguments arguments_;
  SampleCounter* const samples_;
  ScalarColumns scalars_;
  std::vector<Labels> labels_;  // Of the series, as they were read: annotations may be about them.
  RangeEvaluator evaluator_;
  std::uint64_t pending_ = 0;  // Samples in the batch being filled, not charged yet.
  struct Worker {
    FloatRangeReader reader;
    RangeEvaluator evaluator;
  };
  std::vector<std::unique_ptr<Worker>> workers_;
  std::unique_ptr<SeriesParts> parts_;  // Ends before what its workers use.
};

}  // namespace vigia::promql
