// The operators `</` and `>/` (Prometheus model/histogram/float_histogram.go, TrimBuckets; surface.md 4.5).
#pragma once

#include "storage/model/histogram.h"

namespace vigia::promql {

enum class TrimSide {
  kUpper,  // `</` keeps what is below the limit.
  kLower,  // `>/` keeps what is above.
};

// A bucket that the limit cuts is interpolated: linearly for custom buckets and the zero bucket, else exponentially. As
// soon as anything was cut, count and sum are estimated anew from the middles of what is left of the buckets, and the
// result is compact; else it is `h`.
storage::FloatHistogram Trim(storage::FloatHistogram h, double limit, TrimSide side);

}  // namespace vigia::promql
