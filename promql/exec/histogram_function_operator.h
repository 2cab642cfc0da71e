// histogram_quantile, histogram_quantiles and histogram_fraction: of native histograms one by one, of classic ones
// where their buckets meet, step by step.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/row_store.h"
#include "promql/functions/classic_histogram.h"

namespace vigia::promql {

struct HistogramFunction {
  enum class Kind { kQuantile, kFraction } kind = Kind::kQuantile;
  // kQuantile: one result per parameter, `quantile_label` set to its value unless empty. kFraction: lower and upper.
  std::vector<OperatorPtr> parameters;
  std::vector<PosRange> parameter_positions;
  std::string quantile_label;
  PosRange vector_position;
};

// Label sets of the results may be equal: put a MergeSeriesOperator above.
class HistogramFunctionOperator : public Operator {
 public:
  HistogramFunctionOperator(QueryContext& context, HistogramFunction function, OperatorPtr input);

 private:
  // The series of one histogram: rows are places in rows_. A series with both kinds of samples is a native histogram
  // and, if it has an `le` label, a bucket.
  struct Histogram {
    SeriesInfo info;
    std::string metric;     // For annotations: Prometheus tells the name only while it is still to be removed,
    std::string full_name;  // but for the one about both kinds, which it does before.
    std::vector<std::size_t> buckets;
    std::vector<std::size_t> natives;
  };
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  storage::Status ReadParameters();
  storage::Status ReadHistograms(const std::vector<SeriesInfo>& series);
  void WarnOfQuantiles();
  std::vector<SeriesInfo> ResultSeries() const;
  void Evaluate(const Histogram& histogram, std::size_t parameter, const Row& row);
  const storage::FloatHistogram* NativeAt(const Histogram& histogram, std::size_t step);
  double NativeValue(const Histogram& histogram, const storage::FloatHistogram& h, std::size_t parameter,
                     std::size_t step);
  double ClassicValue(const Histogram& histogram, std::size_t parameter, std::size_t step);
  std::size_t results_per_histogram() const {
    return function_.kind == HistogramFunction::Kind::kQuantile ? function_.parameters.size() : 1;
  }

  const HistogramFunction function_;
  const OperatorPtr input_;
  std::vector<std::vector<double>> parameters_;
  RowStore rows_;
  std::vector<double> bounds_;  // By input series.
  std::vector<Histogram> histograms_;
  std::vector<Bucket> buckets_;
  std::size_t next_ = 0;
};

}  // namespace vigia::promql
