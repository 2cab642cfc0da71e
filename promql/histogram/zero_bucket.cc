#include "promql/histogram/zero_bucket.h"

#include <optional>

#include "promql/histogram/buckets.h"
#include "promql/histogram/indexed_buckets.h"
#include "promql/histogram/layout.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

using storage::FloatHistogram;

double InnerBound(const HistogramBucket& bucket, BucketSide side) {
  return side == BucketSide::kPositive ? bucket.lower : -bucket.upper;
}
double OuterBound(const HistogramBucket& bucket, BucketSide side) {
  return side == BucketSide::kPositive ? bucket.upper : -bucket.lower;
}

// Adds the buckets below `threshold`. The bound to which a populated bucket reaches beyond it, if one does.
std::optional<double> Swallow(const FloatHistogram& h, const FloatHistogram* compensation, BucketSide side,
                              double threshold, KahanSum& zero) {
  for (SideCursor cursor(h, side); cursor.Next();) {
    const HistogramBucket bucket = BucketAt(h, side, cursor.index(), cursor.count());
    if (InnerBound(bucket, side) >= threshold) break;
    zero.Add(bucket.count);
    if (compensation != nullptr) zero.Add(CountsOf(*compensation, side)[cursor.position()]);
    if (OuterBound(bucket, side) > threshold) {
      if (bucket.count != 0) return OuterBound(bucket, side);
      break;
    }
  }
  return std::nullopt;
}

void RemoveSwallowed(FloatHistogram& h, FloatHistogram* compensation, BucketSide side) {
  const bool positive = side == BucketSide::kPositive;
  auto& spans = positive ? h.positive_spans : h.negative_spans;
  auto& counts = positive ? h.positive_buckets : h.negative_buckets;
  std::vector<double>* const compensations =
      compensation == nullptr ? nullptr : &(positive ? compensation->positive_buckets : compensation->negative_buckets);
  const IndexedBuckets all =
      Unfold(spans, counts, compensations == nullptr ? std::span<const double>() : std::span(*compensations));
  IndexedBuckets kept;
  bool below = true;
  for (const IndexedBucket& bucket : all) {
    below = below && InnerBound(BucketAt(h, side, bucket.index, bucket.count), side) < h.zero_threshold;
    if (!below && (bucket.count != 0 || bucket.compensation != 0)) kept.push_back(bucket);
  }
  FoldInto(kept, spans, counts, compensations);
  if (compensation != nullptr) (positive ? compensation->positive_spans : compensation->negative_spans) = spans;
}

}  // namespace

ZeroBucket WidenedZeroBucket(const FloatHistogram& h, double threshold, const FloatHistogram* compensation) {
  const double start_compensation = compensation == nullptr ? 0 : compensation->zero_count;
  if (threshold == h.zero_threshold) return {h.zero_count, threshold, start_compensation};
  // The sum starts anew whenever the negative side moves the threshold, but what rounding took so far stays.
  KahanSum zero{0, start_compensation};
  while (true) {
    zero.sum = h.zero_count;
    if (const auto reach = Swallow(h, compensation, BucketSide::kPositive, threshold, zero)) threshold = *reach;
    const auto reach = Swallow(h, compensation, BucketSide::kNegative, threshold, zero);
    if (!reach) return {zero.sum, threshold, zero.compensation};
    threshold = *reach;
  }
}

ZeroBucket ReconcileZeroBuckets(FloatHistogram& h, FloatHistogram* compensation, const FloatHistogram& other) {
  ZeroBucket theirs{other.zero_count, other.zero_threshold, 0};
  // Neither is greater when one of them is NaN: then there is nothing to reconcile.
  while (h.zero_threshold > theirs.threshold || theirs.threshold > h.zero_threshold) {
    if (h.zero_threshold > theirs.threshold) theirs = WidenedZeroBucket(other, h.zero_threshold, nullptr);
    if (theirs.threshold > h.zero_threshold) {
      const ZeroBucket ours = WidenedZeroBucket(h, theirs.threshold, compensation);
      h.zero_count = ours.count;
      h.zero_threshold = ours.threshold;
      if (compensation != nullptr) compensation->zero_count = ours.compensation;
      RemoveSwallowed(h, compensation, BucketSide::kPositive);
      RemoveSwallowed(h, compensation, BucketSide::kNegative);
    }
  }
  return theirs;
}

}  // namespace vigia::promql
