#include "promql/histogram/custom_buckets.h"

#include <cstdint>

#include "promql/value/kahan_sum.h"

namespace vigia::promql {

void CommonBuckets::Add(const IndexedBuckets& buckets, const std::vector<double>& bounds, Sign sign) {
  std::size_t target = 0;
  for (const IndexedBucket& bucket : buckets) {
    const auto source = static_cast<std::uint64_t>(bucket.index);
    if (source >= bounds.size()) target = bounds_.size();  // The bucket of +Inf.
    while (target < bounds_.size() && !(bounds_[target] >= bounds[source])) ++target;
    KahanSum sum{totals_[target].count, totals_[target].compensation};
    sum.Add(sign == Sign::kPlus ? bucket.count : -bucket.count);
    if (sign == Sign::kPlus && bucket.compensation != 0) sum.Add(bucket.compensation);
    totals_[target] = {static_cast<std::int64_t>(target), sum.sum, sum.compensation};
  }
}

IndexedBuckets CommonBuckets::Populated() const {
  IndexedBuckets out;
  for (const IndexedBucket& bucket : totals_) {
    if (bucket.count != 0 || bucket.compensation != 0) out.push_back(bucket);
  }
  return out;
}

}  // namespace vigia::promql
