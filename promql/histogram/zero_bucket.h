// Zero buckets of different width (Prometheus model/histogram/float_histogram.go, zeroCountForLargerThreshold and
// reconcileZeroBuckets).
#pragma once

#include "storage/model/histogram.h"

namespace vigia::promql {

struct ZeroBucket {
  double count = 0;
  double threshold = 0;
  double compensation = 0;  // What rounding took from `count`.
};

// What the zero bucket of `h` would be if it reached to `threshold` at least: a populated bucket that the threshold
// would cut is taken in whole. `compensation`, if any, is of the shape of `h` and is added as well.
// REQUIRES: !(threshold < h.zero_threshold).
ZeroBucket WidenedZeroBucket(const storage::FloatHistogram& h, double threshold,
                             const storage::FloatHistogram* compensation);

// Widens the zero bucket of `h` (and of its compensation) until it equals the one that `other` would have, which is
// returned. Buckets that it swallows are removed, and empty ones with them.
ZeroBucket ReconcileZeroBuckets(storage::FloatHistogram& h, storage::FloatHistogram* compensation,
                                const storage::FloatHistogram& other);

}  // namespace vigia::promql
