// Custom buckets on fewer bounds (Prometheus model/histogram/float_histogram.go, addCustomBucketsWithMismatches).
#pragma once

#include <span>
#include <vector>

#include "promql/histogram/indexed_buckets.h"

namespace vigia::promql {

// Collects buckets of several layouts on one list of bounds that is contained in all of them.
class CommonBuckets {
 public:
  // `bounds` must outlive it.
  explicit CommonBuckets(const std::vector<double>& bounds) : bounds_(bounds), totals_(bounds.size() + 1) {}

  enum class Sign { kPlus, kMinus };
  // `bounds` are those that the buckets lie on. Compensations are added as well.
  void Add(const IndexedBuckets& buckets, const std::vector<double>& bounds, Sign sign);

  // Those that are not empty.
  IndexedBuckets Populated() const;

 private:
  const std::vector<double>& bounds_;
  std::vector<IndexedBucket> totals_;
};

}  // namespace vigia::promql
