#include "promql/histogram/indexed_buckets.h"

#include "promql/histogram/bounds.h"
#include "promql/histogram/buckets.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

void AddTo(IndexedBucket& bucket, double count, Rounding rounding) {
  if (rounding == Rounding::kPlain) {
    bucket.count += count;
    return;
  }
  KahanSum sum{bucket.count, bucket.compensation};
  sum.Add(count);
  bucket.count = sum.sum;
  bucket.compensation = sum.compensation;
}

}  // namespace

IndexedBuckets Unfold(std::span<const storage::BucketSpan> spans, std::span<const double> counts,
                      std::span<const double> compensations) {
  IndexedBuckets out;
  out.reserve(counts.size());
  for (SideCursor cursor(spans, counts); cursor.Next();) {
    const double compensation = compensations.empty() ? 0 : compensations[cursor.position()];
    out.push_back({cursor.index(), cursor.count(), compensation});
  }
  return out;
}

void FoldInto(const IndexedBuckets& buckets, std::vector<storage::BucketSpan>& spans, std::vector<double>& counts,
              std::vector<double>* compensations) {
  spans.clear();
  counts.clear();
  counts.reserve(buckets.size());
  if (compensations != nullptr) compensations->clear();
  std::int64_t next = 0;
  for (const IndexedBucket& bucket : buckets) {
    if (spans.empty() || bucket.index != next) spans.push_back({static_cast<std::int32_t>(bucket.index - next), 0});
    ++spans.back().length;
    next = bucket.index + 1;
    counts.push_back(bucket.count);
    if (compensations != nullptr) compensations->push_back(bucket.compensation);
  }
}

void Reduce(IndexedBuckets& buckets, std::int32_t from_schema, std::int32_t to_schema, Rounding rounding) {
  if (from_schema == to_schema) return;
  std::size_t used = 0;
  for (const IndexedBucket& bucket : buckets) {
    const std::int64_t index = ReducedIndex(bucket.index, from_schema, to_schema);
    if (used == 0 || buckets[used - 1].index != index) {
      buckets[used++] = {index, bucket.count, bucket.compensation};
      continue;
    }
    const double compensation = bucket.compensation;
    AddTo(buckets[used - 1], bucket.count, rounding);
    if (rounding == Rounding::kCompensated) AddTo(buckets[used - 1], compensation, rounding);
  }
  buckets.resize(used);
}

IndexedBuckets Merge(const IndexedBuckets& a, std::span<const IndexedBucket> b, Rounding rounding) {
  IndexedBuckets out;
  out.reserve(a.size() + b.size());
  std::size_t from_a = 0;
  for (const IndexedBucket& bucket : b) {
    while (from_a < a.size() && a[from_a].index < bucket.index) out.push_back(a[from_a++]);
    if (from_a == a.size() || a[from_a].index != bucket.index) {
      out.push_back(bucket);
      continue;
    }
    out.push_back(a[from_a++]);
    AddTo(out.back(), bucket.count, rounding);
    if (rounding == Rounding::kCompensated && bucket.compensation != 0)
      AddTo(out.back(), bucket.compensation, rounding);
  }
  out.insert(out.end(), a.begin() + static_cast<std::ptrdiff_t>(from_a), a.end());
  return out;
}

}  // namespace vigia::promql
