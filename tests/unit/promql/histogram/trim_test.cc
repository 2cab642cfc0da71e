#include "promql/histogram/trim.h"

#include <cmath>

#include "promql/histogram/layout.h"
#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

const double kSqrtHalf = std::sqrt(0.5);
const double kSqrt2 = std::sqrt(2);

TEST_CASE("at a bound nothing is interpolated, but the sum is estimated") {
  const FloatHistogram h = Make({.count = 7, .sum = 100, .positive = {1, 2, 4}});  // (0.5,1] (1,2] (2,4]
  const FloatHistogram below = Trim(h, 2, TrimSide::kUpper);
  CHECK(MapOf(below.positive_spans, below.positive_buckets) == BucketMap{{0, 1}, {1, 2}});
  CHECK(below.count == 3);
  CHECK(below.sum == Approx(kSqrtHalf + 2 * kSqrt2));
  const FloatHistogram above = Trim(h, 2, TrimSide::kLower);
  CHECK(MapOf(above.positive_spans, above.positive_buckets) == BucketMap{{2, 4}});
  CHECK(above.sum == Approx(4 * std::sqrt(8)));
}

TEST_CASE("a limit beyond all buckets changes nothing, not even the sum") {
  const FloatHistogram h = Make({.count = 3, .sum = 100, .positive = {1, 0, 2}});
  CHECK(Equals(Trim(h, kInf, TrimSide::kUpper), h));
  CHECK(Equals(Trim(h, 4, TrimSide::kUpper), h));
  CHECK(Equals(Trim(h, -kInf, TrimSide::kLower), h));
  CHECK(Trim(h, kInf, TrimSide::kLower).count == 0);
  CHECK(Trim(h, -kInf, TrimSide::kUpper).positive_buckets.empty());
}

TEST_CASE("exponential buckets are cut by the logarithm") {
  const FloatHistogram h = Make({.count = 8, .sum = 0, .positive = {0, 4}, .negative = {0, 4}});  // (1,2] [-2,-1)
  const FloatHistogram below = Trim(h, kSqrt2, TrimSide::kUpper);
  CHECK(below.positive_buckets[0] == Approx(2));
  CHECK(below.count == Approx(6));
  const FloatHistogram above = Trim(h, -kSqrt2, TrimSide::kLower);
  CHECK(above.negative_buckets[0] == Approx(2));
  CHECK(above.count == Approx(6));
}

TEST_CASE("what is below and what is above make up all of it") {
  std::mt19937_64 random(17);
  for (int round = 0; round < 300; ++round) {
    const FloatHistogram h = RandomHistogram(random, static_cast<std::int32_t>(random() % 3));
    const double limit = (static_cast<double>(random() % 2001) - 1000) / 50;
    const double below = Trim(h, limit, TrimSide::kUpper).count;
    const double above = Trim(h, limit, TrimSide::kLower).count;
    CHECK(below + above == Approx(h.count));
  }
}

TEST_CASE("the zero bucket lies on the side that has buckets") {
  const FloatHistogram h = Make({.count = 4, .zero_count = 4, .zero_threshold = 1});
  CHECK(Trim(h, 0.5, TrimSide::kUpper).zero_count == 3);
  CHECK(Trim(h, 0.5, TrimSide::kUpper).sum == -0.25 * 3);
  const FloatHistogram positive =
      Make({.count = 5, .zero_count = 4, .zero_threshold = 1, .positive = {1}, .offset = 1});
  CHECK(Trim(positive, 0.5, TrimSide::kLower).zero_count == 2);
  const FloatHistogram negative =
      Make({.count = 5, .zero_count = 4, .zero_threshold = 1, .negative = {1}, .negative_offset = 1});
  CHECK(Trim(negative, -0.25, TrimSide::kLower).zero_count == 1);
}

TEST_CASE("custom buckets are cut linearly; the infinite ones go in whole") {
  const FloatHistogram h = Make({.count = 10, .sum = 77, .positive = {2, 4, 1, 3}, .bounds = {5, 10, 20}});
  const FloatHistogram below = Trim(h, 7.5, TrimSide::kUpper);
  CHECK(below.positive_buckets == std::vector<double>{2, 2});
  CHECK(below.sum == 2 * 2.5 + 2 * 6.25);
  CHECK(Trim(h, 50, TrimSide::kUpper).count == 7);
  CHECK(Trim(h, 2, TrimSide::kUpper).positive_buckets == std::vector<double>{0.8});
  CHECK(Trim(h, 2, TrimSide::kLower).count == Approx(9.2));
  const FloatHistogram beyond = Trim(h, 30, TrimSide::kLower);
  CHECK(beyond.count == 3);
  CHECK(beyond.sum == 90);
  CHECK(Trim(Make({.count = 3, .positive = {3}, .bounds = {-5}}), -9, TrimSide::kLower).count == 0);
}

}  // namespace
}  // namespace vigia::promql
