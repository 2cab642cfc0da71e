// Sums and means of many native histograms with Kahan's compensation in every number: what sum, avg, sum_over_time and
// avg_over_time do (Prometheus KahanAdd; promql/engine.go and functions.go).
#pragma once

#include <optional>

#include "promql/histogram/arithmetic.h"
#include "storage/model/histogram.h"

namespace vigia::promql {

// Thread-compatible.
class HistogramSum {
 public:
  explicit HistogramSum(const storage::FloatHistogram& first) : sum_(first) {}
  // Nothing changes when the histograms are not compatible.
  SumOutcome Add(const storage::FloatHistogram& other);
  // All that was added so far.
  void Multiply(double factor);
  void Divide(double divisor);
  bool HasOverflow() const;
  // Not compacted. Call once.
  storage::FloatHistogram Finish();

 private:
  void AddExponential(const storage::FloatHistogram& other);
  bool AddCustom(const storage::FloatHistogram& other);
  storage::FloatHistogram sum_;
  // What rounding took from each number of sum_, in the same layout; from the second histogram on.
  std::optional<storage::FloatHistogram> lost_;
};

// The sum divided at the end; from an overflow on, the running mean.
class HistogramMean {
 public:
  explicit HistogramMean(const storage::FloatHistogram& first) : state_(first) {}
  SumOutcome Add(const storage::FloatHistogram& other);
  // Not compacted. Call once.
  storage::FloatHistogram Finish();

 private:
  HistogramSum state_;
  double count_ = 1;
  bool is_running_mean_ = false;
};

}  // namespace vigia::promql
