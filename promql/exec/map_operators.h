// Operators that change each row in place and drop the metric name: unary minus, element-wise functions, timestamp(),
// numbers of histograms.
#pragma once

#include <utility>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/functions/instant_function.h"

namespace vigia::promql {

// Marks all series, or takes the names off at once.
void DropNames(std::vector<SeriesInfo>& series, const QueryContext& context);

class NegateOperator : public Operator {
 public:
  NegateOperator(QueryContext& context, OperatorPtr input);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  const OperatorPtr input_;
};

// Histograms are dropped.
class InstantFunctionOperator : public Operator {
 public:
  InstantFunctionOperator(QueryContext& context, const InstantFunctionSpec& spec, OperatorPtr input,
                          std::vector<OperatorPtr> scalars);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  const InstantFunctionSpec& spec_;
  const OperatorPtr input_;
  const std::vector<OperatorPtr> scalar_inputs_;
  std::vector<std::vector<double>> scalars_;
};

// timestamp(v) of anything but a selector: the time of the step. A selector has read the times already.
// start_timestamp() likewise, but other expressions have no start timestamps: nothing comes out.
class TimestampOperator : public Operator {
 public:
  enum class Values { kAreTimes, kAreReplaced, kAreUnknown };
  TimestampOperator(QueryContext& context, OperatorPtr input, Values values);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  const OperatorPtr input_;
  const Values values_;
};

// histogram_count, histogram_sum and their like: a number that each histogram has. Floats give nothing.
class HistogramFieldOperator : public Operator {
 public:
  using Field = double (*)(const storage::FloatHistogram&);
  HistogramFieldOperator(QueryContext& context, Field field, OperatorPtr input);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  const Field field_;
  const OperatorPtr input_;
};

}  // namespace vigia::promql
