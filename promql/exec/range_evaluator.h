// Calls the kernel of a function of range vectors for one series after the other.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "promql/exec/query_context.h"
#include "promql/exec/range_source.h"
#include "promql/exec/row_batch.h"
#include "promql/functions/mixed_range.h"
#include "promql/functions/range_function.h"

namespace vigia::promql {

// The values of the scalar arguments at each step, in the order written.
using ScalarColumns = std::vector<std::vector<double>>;

// Thread-compatible; of the context only what may be called from any thread is used. All of it must outlive the
// evaluator.
class RangeEvaluator {
 public:
  RangeEvaluator(const QueryContext& context, const RangeFunctionSpec& spec, const ScalarColumns& scalars)
      : context_(context), spec_(spec), scalars_(scalars) {}

  // Makes the row of `series`, which has slots for histograms if the series has any. One kernel call, or several over
  // parts of the steps when the windows hold so much that a call would take long.
  storage::Status Evaluate(const RangeSeries& series, const Row& row);

  // About the last series. Samples as limits count them: histograms by their size.
  std::uint64_t SamplesIn(const Window& window) const {
    return samples_before_.empty() ? window.size() : samples_before_[window.end] - samples_before_[window.begin];
  }
  std::uint64_t LargestWindow(const WindowSet& windows) const;
  // Counted before each sample; empty when there are no histograms.
  std::span<const std::uint64_t> samples_before() const { return samples_before_; }
  const HistogramFlags& flags() const { return flags_; }

  // To be called before anything else about a series.
  void Start(const RangeSeries& series);

 private:
  storage::Status EvaluatePart(const RangeSeries& series, std::size_t first, std::size_t count, const Row& row);
  storage::Status Call(const RangeInput& input, std::span<const HistogramPtr> histograms, const Row& row);

  const QueryContext& context_;
  const RangeFunctionSpec& spec_;
  const ScalarColumns& scalars_;
  RangeScratch scratch_;
  MixedRangeScratch mixed_scratch_;
  std::vector<std::uint64_t> samples_before_;
  HistogramFlags flags_;
};

}  // namespace vigia::promql
