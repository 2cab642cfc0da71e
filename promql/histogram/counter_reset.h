// Did a counter histogram start again between two samples? (Prometheus model/histogram/float_histogram.go, DetectReset;
// tsdb/chunkenc and promql/histogram_stats_iterator.go for the hints; surface.md 4.11)
#pragma once

#include "promql/value/value.h"
#include "storage/model/histogram.h"

namespace vigia::promql {

// The hint of `current` decides if it says reset or not_reset. Else it is a reset if any count, the zero count or the
// count of a bucket fell, or if the layout changed as it only can with a reset: a higher resolution, a narrower zero
// bucket, or one that ends within a populated bucket, custom buckets instead of exponential ones or the reverse.
bool DetectReset(const storage::FloatHistogram& current, const storage::FloatHistogram& previous);

// The hint that a histogram has in query results. Storage keeps what was exposed; a reader knows more when it has seen
// the histogram right before: `previous`, nullptr if that sample was a float, a staleness marker, or there was none.
// Gauges stay gauges. not_reset if `current` continues `previous`; unknown at the start of a run, also when it starts
// with a reset (Prometheus' issue 15346).
storage::CounterResetHint HintWhenRead(const storage::FloatHistogram* previous, const storage::FloatHistogram& current);

// The same where only count and sum will be used and buckets are about to be dropped (histogram_count, histogram_sum,
// histogram_avg around a selector): what the buckets would have told is put into the hint. `current` has the hint of
// HintWhenRead().
storage::CounterResetHint HintForStatistics(const storage::FloatHistogram* previous,
                                            const storage::FloatHistogram& current);

// For the results of a subquery, whose samples do not follow each other as those of storage did: reset and not_reset
// become unknown. The same pointer if there is nothing to change.
HistogramPtr ForgetNeighbours(const HistogramPtr& h);

}  // namespace vigia::promql
