#include "promql/functions/classic_histogram.h"

#include <cmath>
#include <limits>

#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

double QuantileOf(double q, std::vector<Bucket> buckets) { return BucketQuantile(q, buckets).value; }
double FractionOf(double lower, double upper, std::vector<Bucket> buckets) {
  return BucketFraction(lower, upper, buckets);
}

TEST_CASE("bounds as Go reads floats") {
  CHECK(ParseBucketBound("0.1") == 0.1);
  CHECK(ParseBucketBound("+Inf") == kInf);
  CHECK(ParseBucketBound("-inf") == -kInf);
  CHECK(ParseBucketBound("+5e-3") == 0.005);
  CHECK(ParseBucketBound("0x1p3") == 8.0);
  for (const char* wrong : {"", "Hello World", "+", "1x", " 1", "+-1", "--1", "i", "1_0"}) {
    INFO(wrong);
    CHECK_FALSE(ParseBucketBound(wrong).has_value());
  }
}

TEST_CASE("quantiles of a classic histogram") {
  const std::vector<Bucket> buckets{{kInf, 12}, {0.1, 5}, {0.2, 7}};  // In any order.
  CHECK(QuantileOf(0.25, buckets) == 0.1 * (3.0 / 5.0));
  CHECK(QuantileOf(0.5, buckets) == 0.1 + (0.2 - 0.1) * ((6.0 - 5.0) / 2.0));
  CHECK(QuantileOf(0.9, buckets) == 0.2);
  CHECK(QuantileOf(0, buckets) == 0.0);
  CHECK(QuantileOf(-1, buckets) == -kInf);
  CHECK(QuantileOf(2, buckets) == kInf);
  CHECK(std::isnan(QuantileOf(kNan, buckets)));
  CHECK(QuantileOf(0.2, {{-2, 5}, {0, 7}, {kInf, 12}}) == -2.0);
}

TEST_CASE("what is no histogram has no quantile") {
  CHECK(std::isnan(QuantileOf(0.5, {{0.1, 5}, {0.2, 7}})));
  CHECK(std::isnan(QuantileOf(0.5, {{kInf, 7}})));
  CHECK(std::isnan(QuantileOf(0.5, {{0.1, 0}, {kInf, 0}})));
  CHECK(std::isnan(QuantileOf(0.5, {{kInf, 3}, {kInf, 4}})));
}

TEST_CASE("equal bounds are one bucket") { CHECK(QuantileOf(0.5, {{1, 2}, {1, 2}, {kInf, 4}, {kInf, 4}}) == 1.0); }

TEST_CASE("real decreases are lifted and reported, rounding differences only lifted") {
  std::vector<Bucket> buckets{{1, 10}, {2, 8}, {3, 12}, {4, 11.5}, {kInf, 20}};
  const auto result = BucketQuantile(0.5, buckets);
  CHECK(result.value == 1.0);  // Rank 10 is reached in the first bucket.
  REQUIRE(result.forced.has_value());
  CHECK(result.forced->min_bucket == 2);
  CHECK(result.forced->max_bucket == 4);
  CHECK(result.forced->max_diff == 2);
  std::vector<Bucket> rounded{{1, 10}, {2, 10 * (1 - 1e-13)}, {kInf, 10 * (1 + 1e-13)}};
  const auto quiet = BucketQuantile(1, rounded);
  CHECK_FALSE(quiet.forced.has_value());
  CHECK(quiet.value == 1.0);
}

TEST_CASE("fractions of a classic histogram") {
  const std::vector<Bucket> buckets{{1, 4}, {2, 8}, {kInf, 10}};
  CHECK(FractionOf(0, 1, buckets) == 0.4);
  CHECK(FractionOf(0.5, 1.5, buckets) == 0.4);
  CHECK(FractionOf(-kInf, kInf, buckets) == 1.0);
  CHECK(FractionOf(2, kInf, buckets) == (10.0 - 8.0) / 10.0);
  CHECK(FractionOf(-5, 3, buckets) == 0.8);  // None of the highest bucket.
  CHECK(FractionOf(1, 1, buckets) == 0.0);
  CHECK(FractionOf(2, 1, buckets) == 0.0);
  CHECK(std::isnan(FractionOf(kNan, 1, buckets)));
  CHECK(std::isnan(FractionOf(0, 1, {{1, 0}, {kInf, 0}})));
  CHECK(std::isnan(FractionOf(0, 1, {{1, 4}})));
  // The lowest bucket reaches to -Inf when its bound is not positive: all of it lies below anything inside.
  CHECK(FractionOf(-kInf, -3, {{-2, 5}, {kInf, 10}}) == 0.5);
}

}  // namespace
}  // namespace vigia::promql
