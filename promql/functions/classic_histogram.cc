#include "promql/functions/classic_histogram.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "promql/functions/quantile.h"

namespace vigia::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInfinity = std::numeric_limits<double>::infinity();
// Relative differences of counts below it come from rounding in rate() and sum(), not from the counters.
constexpr double kSmallDelta = 1e-12;

// Prometheus util/almost.
bool AlmostEqual(double a, double b, double tolerance) {
  if (std::isnan(a) && std::isnan(b)) return true;
  if (a == b) return true;
  const double sum = std::fabs(a) + std::fabs(b);
  const double difference = std::fabs(a - b);
  constexpr double kMinNormal = std::numeric_limits<double>::min();
  if (a == 0 || b == 0 || sum < kMinNormal) return difference < tolerance * kMinNormal;
  return difference / std::min(sum, std::numeric_limits<double>::max()) < tolerance;
}

// Ascending by bound, equal bounds added up. False when the last one is not +Inf.
bool Arrange(std::vector<Bucket>& buckets) {
  std::stable_sort(buckets.begin(), buckets.end(),
                   [](const Bucket& a, const Bucket& b) { return a.upper_bound < b.upper_bound; });
  if (buckets.back().upper_bound != kInfinity) return false;
  std::size_t last = 0;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    if (buckets[i].upper_bound == buckets[last].upper_bound) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(last + 1);
  return true;
}

std::optional<ForcedMonotonicity> MakeMonotonic(std::vector<Bucket>& buckets) {
  std::optional<ForcedMonotonicity> forced;
  double previous = buckets[0].count;
  for (std::size_t i = 1; i < buckets.size(); ++i) {
    Bucket& bucket = buckets[i];
    if (bucket.count == previous) continue;
    if (AlmostEqual(previous, bucket.count, kSmallDelta)) {
      bucket.count = previous;
    } else if (bucket.count < previous) {
      if (!forced) forced = ForcedMonotonicity{bucket.upper_bound, bucket.upper_bound, 0};
      forced->max_bucket = std::max(forced->max_bucket, bucket.upper_bound);
      forced->max_diff = std::max(forced->max_diff, previous - bucket.count);
      bucket.count = previous;
    } else {
      previous = bucket.count;
    }
  }
  return forced;
}

double Interpolate(double q, const std::vector<Bucket>& buckets) {
  const std::size_t last = buckets.size() - 1;
  double rank = q * buckets[last].count;
  const auto found = std::partition_point(buckets.begin(), buckets.begin() + static_cast<std::ptrdiff_t>(last),
                                          [rank](const Bucket& bucket) { return !(bucket.count >= rank); });
  const auto b = static_cast<std::size_t>(found - buckets.begin());
  if (b == last) return buckets[last - 1].upper_bound;
  if (b == 0 && buckets[0].upper_bound <= 0) return buckets[0].upper_bound;
  double start = 0;
  const double end = buckets[b].upper_bound;
  double count = buckets[b].count;
  if (b > 0) {
    start = buckets[b - 1].upper_bound;
    count -= buckets[b - 1].count;
    rank -= buckets[b - 1].count;
  }
  return start + (end - start) * (rank / count);
}

// How many observations lie at or below `bound`. In a bucket of infinite width there is nothing to interpolate along:
// of the highest one none are counted, of the lowest all.
double RankAt(double bound, const std::vector<Bucket>& buckets) {
  const double total = buckets.back().count;
  double below = 0;
  for (std::size_t i = 0; i < buckets.size(); ++i) {
    const Bucket& bucket = buckets[i];
    const double natural_start = bucket.upper_bound > 0 ? 0 : -kInfinity;
    const double start = i == 0 ? natural_start : buckets[i - 1].upper_bound;
    if (start >= bound) return std::min(below, total);
    if (bucket.upper_bound > bound) {
      if (std::isinf(start)) return std::min(bucket.count, total);
      const double rank = below + (bucket.count - below) * (bound - start) / (bucket.upper_bound - start);
      return rank > total ? total : rank;
    }
    below = bucket.count;
  }
  return total;
}

bool EqualsIgnoringCase(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(),
                    [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; });
}

}  // namespace

std::optional<double> ParseBucketBound(std::string_view le) {
  const bool negative = le.starts_with('-');
  if (negative || le.starts_with('+')) le.remove_prefix(1);
  if (le.empty() || le[0] == '-' || le[0] == '+') return std::nullopt;
  double value = 0;
  if (EqualsIgnoringCase(le, "inf") || EqualsIgnoringCase(le, "infinity")) {
    value = kInfinity;
  } else if (EqualsIgnoringCase(le, "nan")) {
    value = kNan;
  } else {
    auto format = std::chars_format::general;
    if (le.size() > 2 && le[0] == '0' && (le[1] == 'x' || le[1] == 'X')) {
      le.remove_prefix(2);
      format = std::chars_format::hex;
    }
    if (le[0] == 'i' || le[0] == 'I' || le[0] == 'n' || le[0] == 'N') return std::nullopt;
    const auto [end, error] = std::from_chars(le.data(), le.data() + le.size(), value, format);
    if (error != std::errc() || end != le.data() + le.size()) return std::nullopt;
  }
  return negative ? -value : value;
}

BucketQuantileResult BucketQuantile(double q, std::vector<Bucket>& buckets) {
  if (!IsValidQuantile(q)) return {QuantileOutside(q), std::nullopt};
  if (!Arrange(buckets)) return {kNan, std::nullopt};
  BucketQuantileResult result{kNan, MakeMonotonic(buckets)};
  if (buckets.size() < 2 || buckets.back().count == 0) return result;
  result.value = Interpolate(q, buckets);
  return result;
}

double BucketFraction(double lower, double upper, std::vector<Bucket>& buckets) {
  if (!Arrange(buckets)) return kNan;
  const double count = buckets.back().count;
  if (count == 0 || std::isnan(lower) || std::isnan(upper)) return kNan;
  if (lower >= upper) return 0;
  return (RankAt(upper, buckets) - RankAt(lower, buckets)) / count;
}

}  // namespace vigia::promql
