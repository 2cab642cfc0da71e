#include "promql/histogram/format.h"

#include <cstdio>

#include "promql/histogram/bounds.h"
#include "promql/histogram/buckets.h"
#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

TEST_CASE("text of histograms") {
  CHECK(FormatHistogram(FloatHistogram()) == "{count:0, sum:0}");
  CHECK(FormatHistogram(Make({.count = 8.5,
                              .sum = -1e100,
                              .zero_count = 2,
                              .zero_threshold = 0.001,
                              .positive = {1, 0, 2.5},
                              .negative = {1, 2}})) ==
        "{count:8.5, sum:-1e+100, [-2,-1):2, [-1,-0.5):1, [-0.001,0.001]:2, (0.5,1]:1, (2,4]:2.5}");
  CHECK(FormatHistogram(Make({.count = 3, .sum = kNan, .positive = {1, 0, 2}, .bounds = {5, 10}})) ==
        "{count:3, sum:NaN, [-Inf,5]:1, (10,+Inf]:2}");
}

TEST_CASE("the text has everything: its buckets read back as the same numbers") {
  std::mt19937_64 random(23);
  for (int round = 0; round < 200; ++round) {
    FloatHistogram h = RandomHistogram(random, static_cast<std::int32_t>(random() % 13) - 4);
    for (double& count : h.positive_buckets) count /= 3;
    const std::string text = FormatHistogram(h);
    double count = 0;
    double sum = 0;
    int at = 0;
    REQUIRE(std::sscanf(text.c_str(), "{count:%lf, sum:%lf%n", &count, &sum, &at) == 2);
    CHECK(count == h.count);
    CHECK(sum == h.sum);
    std::vector<std::array<double, 3>> buckets;
    std::array<double, 3> bucket{};
    int read = 0;
    while (std::sscanf(text.c_str() + at, ", %*1[[(]%lf,%lf%*1[])]:%lf%n", &bucket[0], &bucket[1], &bucket[2], &read) ==
           3) {
      buckets.push_back(bucket);
      at += read;
    }
    CHECK(text.substr(static_cast<std::size_t>(at)) == "}");
    std::vector<std::array<double, 3>> expected;
    for (ReverseSideCursor cursor(h, BucketSide::kNegative); cursor.Next();) {
      if (cursor.count() == 0) continue;
      const auto b = BucketAt(h, BucketSide::kNegative, cursor.index(), cursor.count());
      expected.push_back({b.lower, b.upper, b.count});
    }
    if (h.zero_count != 0) expected.push_back({-h.zero_threshold, h.zero_threshold, h.zero_count});
    for (SideCursor cursor(h, BucketSide::kPositive); cursor.Next();) {
      if (cursor.count() == 0) continue;
      const auto b = BucketAt(h, BucketSide::kPositive, cursor.index(), cursor.count());
      expected.push_back({b.lower, b.upper, b.count});
    }
    CHECK(buckets == expected);
  }
}

}  // namespace
}  // namespace vigia::promql
