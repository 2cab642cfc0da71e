// rate(), avg_over_time() and their like: one kernel call for each series, all its windows at once.
#pragma once

#include <memory>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/range_source.h"
#include "promql/functions/mixed_range.h"
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
  // One kernel call, or several over parts of the steps when the windows hold so much that a call would take long.
  storage::Status Compute(const RangeSeries& series, const Row& row);
  storage::Status ComputePart(const RangeSeries& series, std::size_t first, std::size_t count, const Row& row);
  storage::Status Call(const RangeInput& input, std::span<const HistogramPtr> histograms, const Row& row);
  void Annotate(const RangeSeries& series, const Row& row);
  // As limits count them: histograms by their size.
  std::uint64_t SamplesIn(const Window& window) const {
    return samples_before_.empty() ? window.size() : samples_before_[window.end] - samples_before_[window.begin];
  }
  std::uint64_t LargestWindow(const WindowSet& windows) const;

  const RangeFunctionSpec& spec_;
  const Arguments arguments_;
  SampleCounter* const samples_;
  std::vector<std::vector<double>> scalars_;
  std::vector<Labels> labels_;  // Of the series, as they were read: annotations may be about them.
  RangeScratch scratch_;
  MixedRangeScratch mixed_scratch_;
  std::vector<std::uint64_t> samples_before_;  // Of the series being evaluated; empty when it has no histograms.
  HistogramFlags flags_;
  std::uint64_t pending_ = 0;  // Samples in the batch being filled, not charged yet.
};

}  // namespace vigia::promql
