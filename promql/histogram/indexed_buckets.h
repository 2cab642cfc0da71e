// One side of a histogram as a list of (index, count): what arithmetic on different layouts works on.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/model/histogram.h"

namespace vigia::promql {

struct IndexedBucket {
  std::int64_t index = 0;
  double count = 0;
  double compensation = 0;  // What rounding took from `count`; 0 where nobody asks.
};

// Indexes ascend as long as the spans are valid.
using IndexedBuckets = std::vector<IndexedBucket>;

// `compensations` is empty or parallel to `counts`.
IndexedBuckets Unfold(std::span<const storage::BucketSpan> spans, std::span<const double> counts,
                      std::span<const double> compensations = {});

// The reverse, one span for each run of neighbouring indexes. `compensations` may be null.
void FoldInto(const IndexedBuckets& buckets, std::vector<storage::BucketSpan>& spans, std::vector<double>& counts,
              std::vector<double>* compensations = nullptr);

enum class Rounding {
  kPlain,
  kCompensated,  // Kahan's summation as Neumaier improved it.
};

// Merges neighbours down to a lower resolution, in place.
void Reduce(IndexedBuckets& buckets, std::int32_t from_schema, std::int32_t to_schema, Rounding rounding);

// a + b, by index.
IndexedBuckets Merge(const IndexedBuckets& a, std::span<const IndexedBucket> b, Rounding rounding);

}  // namespace vigia::promql
