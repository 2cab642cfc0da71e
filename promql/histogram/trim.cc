#include "promql/histogram/trim.h"

#include <cmath>
#include <limits>

#include "promql/histogram/bounds.h"
#include "promql/histogram/buckets.h"
#include "promql/histogram/layout.h"
#include "promql/value/go_math.h"

namespace vigia::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

// The part of a bucket that stays, and the value that stands for its observations.
struct Kept {
  double count = 0;
  double middle = 0;
};

enum class Scale { kLinear, kExponential };

double Middle(double lower, double upper, BucketSide side, Scale scale) {
  if (std::isinf(lower)) {
    if (std::isinf(upper)) return 0;
    return upper > 0 ? upper / 2 : upper;
  }
  if (std::isinf(upper)) return lower;
  if (scale == Scale::kLinear) return (lower + upper) / 2;
  const double geometric = std::sqrt(std::fabs(lower * upper));
  return side == BucketSide::kPositive ? geometric : -geometric;
}

double CountBelow(const HistogramBucket& bucket, double limit, BucketSide side, Scale scale) {
  if (limit <= bucket.lower) return 0;
  if (limit >= bucket.upper) return bucket.count;
  if (scale == Scale::kLinear) return bucket.count * ((limit - bucket.lower) / (bucket.upper - bucket.lower));
  const double log_lower = GoLog2(std::fabs(bucket.lower));
  const double log_upper = GoLog2(std::fabs(bucket.upper));
  const double log_limit = GoLog2(std::fabs(limit));
  const double fraction = side == BucketSide::kPositive ? (log_limit - log_lower) / (log_upper - log_lower)
                                                        : 1 - ((log_limit - log_upper) / (log_lower - log_upper));
  return bucket.count * fraction;
}

double ZeroIfInfinite(double v) { return std::isinf(v) ? 0 : v; }

// Nobody knows how observations spread over an infinite bucket: it goes as a whole, unless it starts at -Inf and ends
// above 0, which is taken to mean that it starts at 0.
Kept CutUnboundedBelow(const HistogramBucket& bucket, double limit, TrimSide side) {
  const bool finite = bucket.upper != kInfinity;
  if (side == TrimSide::kUpper) {
    if (limit >= bucket.upper) return {bucket.count, 0};
    if (limit > 0 && bucket.upper > 0 && finite) return {bucket.count * limit / bucket.upper, limit / 2};
    if (bucket.upper <= 0) return {bucket.count, limit};
    return {0, ZeroIfInfinite(bucket.upper)};
  }
  if (limit <= bucket.lower) return {bucket.count, 0};
  if (limit >= 0 && bucket.upper > limit && finite)
    return {bucket.count * (1 - limit / bucket.upper), (limit + bucket.upper) / 2};
  return {0, ZeroIfInfinite(bucket.upper)};
}

Kept Cut(const HistogramBucket& bucket, double limit, TrimSide trim, BucketSide side, Scale scale) {
  if (bucket.lower == -kInfinity) return CutUnboundedBelow(bucket, limit, trim);
  if (bucket.upper == kInfinity) {
    if (trim == TrimSide::kLower && limit >= bucket.lower) return {bucket.count, limit};
    return {0, bucket.lower};
  }
  const double below = CountBelow(bucket, limit, side, scale);
  if (trim == TrimSide::kUpper) return {below, Middle(bucket.lower, limit, side, scale)};
  return {bucket.count - below, Middle(limit, bucket.upper, side, scale)};
}

// With buckets on one side only, the zero bucket is taken to have observations of that side only.
Kept CutZeroBucket(const HistogramBucket& bucket, double limit, TrimSide trim, bool has_negative, bool has_positive) {
  const double lower = has_positive && !has_negative ? 0 : bucket.lower;
  const double upper = has_negative && !has_positive ? 0 : bucket.upper;
  const bool all_below = limit >= upper;
  const bool all_above = limit <= lower;
  if (trim == TrimSide::kUpper) {
    if (all_above) return {};
    if (all_below) return {bucket.count, (lower + upper) / 2};
    return {bucket.count * ((limit - lower) / (upper - lower)), (lower + limit) / 2};
  }
  if (all_above) return {bucket.count, (lower + upper) / 2};
  if (all_below) return {};
  return {bucket.count * ((upper - limit) / (upper - lower)), (limit + upper) / 2};
}

class Trimmer {
 public:
  Trimmer(FloatHistogram& h, double limit, TrimSide trim)
      : h_(h), limit_(limit), trim_(trim), scale_(UsesCustomBuckets(h) ? Scale::kLinear : Scale::kExponential) {}

  void Run() {
    const bool has_positive = TrimOneSide(BucketSide::kPositive, h_.positive_buckets);
    const bool has_negative = TrimOneSide(BucketSide::kNegative, h_.negative_buckets);
    if (h_.zero_count > 0) {
      const Kept kept = CutZeroBucket(ZeroBucketOf(h_), limit_, trim_, has_negative, has_positive);
      Replace(h_.zero_count, kept.count);
      Count(kept);
    }
    if (!changed_) return;
    h_.count = count_;
    h_.sum = sum_;
    h_.integer = false;
    Compact(h_);
  }

 private:
  // true if the side has any observations.
  bool TrimOneSide(BucketSide side, std::vector<double>& counts) {
    bool populated = false;
    for (SideCursor cursor(h_, side); cursor.Next();) {
      const HistogramBucket bucket = BucketAt(h_, side, cursor.index(), cursor.count());
      if (bucket.count == 0) continue;
      populated = true;
      const bool stays = trim_ == TrimSide::kUpper ? bucket.upper <= limit_ : bucket.lower >= limit_;
      const bool is_cut = trim_ == TrimSide::kUpper ? bucket.lower < limit_ : bucket.upper > limit_;
      if (stays) {
        Count({bucket.count, Middle(bucket.lower, bucket.upper, side, scale_)});
      } else if (is_cut) {
        const Kept kept = Cut(bucket, limit_, trim_, side, scale_);
        Count(kept);
        Replace(counts[cursor.position()], kept.count);
      } else {
        counts[cursor.position()] = 0;
        changed_ = true;
      }
    }
    return populated;
  }

  void Count(const Kept& kept) {
    count_ += kept.count;
    sum_ += kept.middle * kept.count;
  }

  void Replace(double& count, double by) {
    if (count == by) return;
    count = by;
    changed_ = true;
  }

  FloatHistogram& h_;
  const double limit_;
  const TrimSide trim_;
  const Scale scale_;
  bool changed_ = false;
  double count_ = 0;
  double sum_ = 0;
};

}  // namespace

FloatHistogram Trim(FloatHistogram h, double limit, TrimSide side) {
  Trimmer(h, limit, side).Run();
  return h;
}

}  // namespace vigia::promql
