// Native histograms with the same content in another form: coarser buckets, fewer spans.
#pragma once

#include <cstdint>

#include "storage/model/histogram.h"

namespace vigia::server {

// All of these REQUIRE a histogram that CheckHistogram() accepts (histogram_rules.h).

// Merges buckets until the schema is `schema`. REQUIRES: the histogram's is exponential and larger.
void ReduceSchema(storage::FloatHistogram& h, std::int32_t schema);

// Leaves out empty buckets, but for runs of at most `max_empty` of them between others, which cost less than a span.
void Compact(storage::FloatHistogram& h, std::uint32_t max_empty);

// Reduces the schema until there are at most `limit` buckets. False: even the coarsest has more, or the buckets are
// custom ones, which cannot be merged. REQUIRES: limit > 0.
bool FitBuckets(storage::FloatHistogram& h, std::uint64_t limit);

// The finest schema in which a bucket is at least `factor` times as wide as the one before; the finest there is for
// factors up to 1 (native_histogram_min_bucket_factor).
std::int32_t FinestSchema(double factor);

}  // namespace vigia::server
