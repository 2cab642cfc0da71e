// histogram_quantile, histogram_fraction, histogram_stdvar and their like on native histograms (surface.md 4.9;
// Prometheus promql/quantile.go and functions.go).
#pragma once

#include "promql/histogram/histogram_flags.h"
#include "storage/model/histogram.h"

namespace vigia::promql {

struct NativeResult {
  double value = 0;
  HistogramFlags flags;
};

// Interpolates exponentially within exponential buckets, linearly within custom ones and the zero bucket. Observations
// of NaN count as the largest: kQuantileIsNan if the quantile is one of them, kQuantileIsSkewed if there are any.
// q outside of [0, 1] gives an infinity (the warning about it is the caller's: IsValidQuantile).
NativeResult NativeQuantile(double q, const storage::FloatHistogram& h);

// The share of observations within (lower, upper]; those of NaN are in no interval (kFractionExcludesNans).
NativeResult NativeFraction(double lower, double upper, const storage::FloatHistogram& h);

// Estimated with one value for each bucket: 0 for the zero bucket, the geometric mean of the bounds for exponential
// buckets, the arithmetic one for custom buckets.
double NativeVariance(const storage::FloatHistogram& h);
double NativeDeviation(const storage::FloatHistogram& h);
inline double NativeAverage(const storage::FloatHistogram& h) { return h.sum / h.count; }

}  // namespace vigia::promql
