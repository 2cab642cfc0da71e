#include "promql/histogram/native_quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

#include "promql/histogram/bounds.h"
#include "promql/histogram/buckets.h"
#include "promql/value/go_math.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

using Order = BucketCursor::Order;
constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool HasOnlyPositive(const FloatHistogram& h) { return h.negative_buckets.empty() && !h.positive_buckets.empty(); }
bool HasOnlyNegative(const FloatHistogram& h) { return h.positive_buckets.empty() && !h.negative_buckets.empty(); }

// NaNs are in no bucket but in the count; a NaN sum alone may as well come from infinities of both signs.
bool HasNans(const FloatHistogram& h, double in_buckets) { return in_buckets < h.count; }

double CountRest(BucketCursor& cursor, double count) {
  while (cursor.Next()) count += cursor.bucket().count;
  return count;
}

// Gives the bucket bounds to interpolate between. A value if the bucket has none and the result is known already.
std::optional<double> SetBounds(const FloatHistogram& h, HistogramBucket& bucket) {
  if (!UsesCustomBuckets(h)) {
    if (!(bucket.lower < 0 && bucket.upper > 0)) return std::nullopt;
    if (HasOnlyPositive(h)) {
      bucket.lower = 0;
    } else if (HasOnlyNegative(h)) {
      bucket.upper = 0;
    }
    return std::nullopt;
  }
  if (bucket.lower == -kInfinity) {
    if (bucket.upper <= 0) return bucket.upper;
    bucket.lower = 0;
  } else if (bucket.upper == kInfinity) {
    return bucket.lower;
  }
  return std::nullopt;
}

double Interpolate(const FloatHistogram& h, const HistogramBucket& bucket, double fraction) {
  if (UsesCustomBuckets(h) || (bucket.lower <= 0 && bucket.upper >= 0))
    return bucket.lower + (bucket.upper - bucket.lower) * fraction;
  const double log_lower = GoLog2(std::fabs(bucket.lower));
  const double log_upper = GoLog2(std::fabs(bucket.upper));
  if (bucket.lower > 0) return GoExp2(log_lower + (log_upper - log_lower) * fraction);
  return -GoExp2(log_upper + (log_lower - log_upper) * (1 - fraction));
}

// How many observations lie below `v`, a value within the bucket, if `before` lie below the bucket.
double RankWithin(const FloatHistogram& h, const HistogramBucket& bucket, bool is_zero_bucket, double before,
                  double v) {
  if (UsesCustomBuckets(h) || is_zero_bucket) {
    if (bucket.lower == -kInfinity) return bucket.count;
    return before + bucket.count * (v - bucket.lower) / (bucket.upper - bucket.lower);
  }
  const double log_lower = GoLog2(std::fabs(bucket.lower));
  const double log_upper = GoLog2(std::fabs(bucket.upper));
  const double log_v = GoLog2(std::fabs(v));
  const double fraction =
      v > 0 ? (log_v - log_lower) / (log_upper - log_lower) : 1 - ((log_v - log_upper) / (log_lower - log_upper));
  return before + bucket.count * fraction;
}

}  // namespace

NativeResult NativeQuantile(double q, const FloatHistogram& h) {
  if (q < 0) return {-kInfinity, {}};
  if (q > 1) return {kInfinity, {}};
  if (h.count == 0 || std::isnan(q)) return {kNan, {}};
  // From the nearer end, but NaNs can only be told when coming from below.
  const bool ascending = std::isnan(h.sum) || q < 0.5;
  double rank = (ascending ? q : 1 - q) * h.count;
  BucketCursor cursor(h, ascending ? Order::kAscending : Order::kDescending);
  HistogramBucket bucket;
  double count = 0;
  while (cursor.Next()) {
    bucket = cursor.bucket();
    if (bucket.count == 0) continue;
    count += bucket.count;
    if (count >= rank) break;
  }
  if (const auto known = SetBounds(h, bucket)) return {*known, {}};
  count = std::min(count, h.count);
  if (count < rank) {
    if (std::isnan(h.sum)) return {kNan, HistogramFlag::kQuantileIsNan};
    return {bucket.upper, {}};
  }
  rank = ascending ? rank - (count - bucket.count) : count - rank;
  HistogramFlags flags;
  if (std::isnan(h.sum)) {
    // Counting the rest moves the reference on to the last bucket, in which it then interpolates. So do we.
    while (cursor.Next()) {
      bucket = cursor.bucket();
      count += bucket.count;
    }
    flags.AddIf(HasNans(h, count), HistogramFlag::kQuantileIsSkewed);
  }
  return {Interpolate(h, bucket, rank / bucket.count), flags};
}

NativeResult NativeFraction(double lower, double upper, const FloatHistogram& h) {
  if (h.count == 0 || std::isnan(lower) || std::isnan(upper)) return {kNan, {}};
  if (lower >= upper) return {0, {}};
  double count = 0;
  double rank = 0;
  std::optional<double> lower_rank;
  std::optional<double> upper_rank;
  BucketCursor cursor(h, Order::kAscending);
  while (cursor.Next()) {
    HistogramBucket bucket = cursor.bucket();
    count += bucket.count;
    const bool is_zero_bucket = bucket.lower <= 0 && bucket.upper >= 0;
    if (is_zero_bucket && HasOnlyPositive(h)) bucket.lower = 0;
    if (is_zero_bucket && HasOnlyNegative(h)) bucket.upper = 0;
    const auto find = [&](double v, std::optional<double>& found) {
      if (found) return;
      if (bucket.lower >= v) {
        found = rank;
      } else if (bucket.upper > v) {
        found = RankWithin(h, bucket, is_zero_bucket, rank, v);
      }
    };
    find(lower, lower_rank);
    find(upper, upper_rank);
    if (lower_rank && upper_rank) break;
    rank += bucket.count;
  }
  HistogramFlags flags;
  if (std::isnan(h.sum)) {
    count = CountRest(cursor, count);
    flags.AddIf(HasNans(h, count), HistogramFlag::kFractionExcludesNans);
  } else {
    count = h.count;
  }
  const double from = !lower_rank || *lower_rank > count ? count : *lower_rank;
  const double to = !upper_rank || *upper_rank > count ? count : *upper_rank;
  return {(to - from) / h.count, flags};
}

double NativeVariance(const FloatHistogram& h) {
  const double mean = h.sum / h.count;
  KahanSum variance;
  for (BucketCursor cursor(h, Order::kAscending); cursor.Next();) {
    const HistogramBucket& bucket = cursor.bucket();
    if (bucket.count == 0) continue;
    double value = 0;
    if (UsesCustomBuckets(h)) {
      value = (bucket.upper + bucket.lower) / 2;
    } else if (!(bucket.lower <= 0 && bucket.upper >= 0)) {
      value = std::sqrt(bucket.upper * bucket.lower);
      if (bucket.upper < 0) value = -value;
    }
    const double delta = value - mean;
    variance.Add(bucket.count * delta * delta);
  }
  return variance.Total() / h.count;
}

double NativeDeviation(const FloatHistogram& h) { return std::sqrt(NativeVariance(h)); }

}  // namespace vigia::promql
