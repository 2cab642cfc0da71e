#include "promql/histogram/layout.h"

#include "promql/histogram/bounds.h"
#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

TEST_CASE("compacting removes empty buckets and joins spans") {
  FloatHistogram h = Make({.positive = {0, 1, 0, 0, 2, 0}, .negative = {0, 0}});
  h.positive_spans = {{-1, 3}, {0, 2}, {4, 1}};
  Compact(h);
  CHECK(h.positive_spans == std::vector<BucketSpan>{{0, 1}, {2, 1}});
  CHECK(h.positive_buckets == std::vector<double>{1, 2});
  CHECK(h.negative_spans.empty());
  CHECK(h.negative_buckets.empty());
}

TEST_CASE("compacting with tolerance keeps short gaps as empty buckets") {
  FloatHistogram h = Make({.positive = {1, 0, 0, 2, 3, 0, 4}});
  h.positive_spans = {{0, 4}, {2, 1}, {3, 2}};
  Compact(h, 2);
  CHECK(h.positive_spans == std::vector<BucketSpan>{{0, 7}, {4, 1}});
  CHECK(h.positive_buckets == std::vector<double>{1, 0, 0, 2, 0, 0, 3, 4});
}

TEST_CASE("compacting changes no count, on random layouts") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 300; ++round) {
    const FloatHistogram before = RandomHistogram(random, 2);
    FloatHistogram after = before;
    Compact(after, random() % 4);
    CHECK(MapOf(after.positive_spans, after.positive_buckets) == MapOf(before.positive_spans, before.positive_buckets));
    CHECK(MapOf(after.negative_spans, after.negative_buckets) == MapOf(before.negative_spans, before.negative_buckets));
  }
}

TEST_CASE("a lower resolution keeps all observations, in the bucket with the same bound or around it") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 300; ++round) {
    const auto from = static_cast<std::int32_t>(random() % 13) - 4;
    const auto to = from - static_cast<std::int32_t>(random() % static_cast<std::uint64_t>(from + 5));
    const FloatHistogram before = RandomHistogram(random, from);
    FloatHistogram after = before;
    ReduceResolution(after, to);
    CHECK(after.schema == to);
    CHECK(Observations(after) == Observations(before));
    BucketMap expected;
    for (const auto& [index, count] : MapOf(before.positive_spans, before.positive_buckets)) {
      const std::int64_t target = ReducedIndex(index, from, to);
      CHECK(ExponentialBound(target, to) >= ExponentialBound(index, from));
      CHECK(ExponentialBound(target - 1, to) <= ExponentialBound(index - 1, from));
      expected[target] += count;
    }
    CHECK(MapOf(after.positive_spans, after.positive_buckets) == expected);
  }
}

TEST_CASE("equality is about data, bit by bit") {
  const FloatHistogram h = Make({.count = 3, .sum = kNan, .positive = {1, 2}});
  FloatHistogram other = h;
  other.hint = CounterResetHint::kGauge;
  CHECK(Equals(h, other));
  other.positive_spans = {{0, 0}, {0, 1}, {0, 1}};  // The same buckets, put differently.
  CHECK(Equals(h, other));
  other = h;
  other.positive_spans[0].offset = 1;
  CHECK_FALSE(Equals(h, other));
  CHECK_FALSE(Equals(h, Make({.count = 3, .sum = kNan, .positive = {1, 2, 0}})));
  CHECK_FALSE(Equals(Make({.sum = 0.0}), Make({.sum = -0.0})));
  CHECK_FALSE(Equals(Make({.bounds = {1}}), Make({.bounds = {2}})));
  CHECK_FALSE(Equals(Make({.zero_threshold = 0.1}), Make({})));
}

}  // namespace
}  // namespace vigia::promql
