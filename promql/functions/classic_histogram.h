// histogram_quantile and histogram_fraction on classic histograms, i.e. series with an `le` label (surface.md 4.9;
// Prometheus promql/quantile.go, BucketQuantile and BucketFraction).
#pragma once

#include <optional>
#include <string_view>
#include <vector>

namespace vigia::promql {

struct Bucket {
  double upper_bound = 0;
  double count = 0;  // Cumulative.
};

// The value of an `le` label. nullopt when it is no number (warning BadBucketLabel).
std::optional<double> ParseBucketBound(std::string_view le);

// Counts that fell from one bucket to the next and were lifted (info HistogramQuantileForcedMonotonicity).
struct ForcedMonotonicity {
  double min_bucket = 0;  // Smallest and largest upper bound of a lifted bucket.
  double max_bucket = 0;
  double max_diff = 0;
};

struct BucketQuantileResult {
  double value = 0;
  std::optional<ForcedMonotonicity> forced;
};

// Sorts, merges and corrects `buckets` in place; calling it again with another q on the result is fine.
// REQUIRES: `buckets` is not empty (no bucket = no histogram = no result).
BucketQuantileResult BucketQuantile(double q, std::vector<Bucket>& buckets);

// The share of observations within (lower, upper]. REQUIRES: as above.
double BucketFraction(double lower, double upper, std::vector<Bucket>& buckets);

}  // namespace vigia::promql
