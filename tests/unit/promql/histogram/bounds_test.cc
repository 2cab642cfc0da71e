#include "promql/histogram/bounds.h"

#include <cmath>

#include "promql/histogram/buckets.h"
#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

TEST_CASE("bounds are powers of 2^(2^-schema)") {
  CHECK(ExponentialBound(0, 0) == 1);
  CHECK(ExponentialBound(1, 0) == 2);
  CHECK(ExponentialBound(-3, 0) == 0.125);
  CHECK(ExponentialBound(1, -1) == 4);
  CHECK(ExponentialBound(-1, -4) == 1.0 / 65536);
  CHECK(ExponentialBound(256, 8) == 2);
  CHECK(ExponentialBound(2, 1) == 2);
  CHECK(ExponentialBound(1, 1) == 2 * 0.7071067811865475);  // The reference's table, not sqrt(2).
  CHECK(ExponentialBound(4, 3) == ExponentialBound(1, 1));
  for (int i = -600; i <= 600; ++i)
    CHECK(ExponentialBound(i, 8) == Approx(std::exp2(i / 256.0)).epsilon(1e-15).margin(0));
}

TEST_CASE("the last finite bound is the largest double") {
  constexpr double kMax = std::numeric_limits<double>::max();
  for (std::int32_t schema = -4; schema <= 8; ++schema) {
    const std::int64_t last = schema < 0 ? 1024 >> -schema : 1024ll << schema;
    CHECK(ExponentialBound(last, schema) == kMax);
    CHECK(ExponentialBound(last + 1, schema) == kInf);
    CHECK(std::isfinite(ExponentialBound(last - 1, schema)));
    CHECK(ExponentialBound(last - 1, schema) < kMax);
    CHECK(ExponentialBound(-2'000'000'000, schema) == 0);
    CHECK(ExponentialBound(2'000'000'000, schema) == kInf);
  }
  CHECK(ExponentialBound(1 << 20, 20) == 2);  // Unknown schemas are computed, not looked up.
  CHECK(ExponentialBound(5, -2'000'000) == kInf);
}

TEST_CASE("custom bounds end in infinities") {
  const FloatHistogram h = Make({.bounds = {-2, 3}});
  CHECK(BucketBound(h, -1) == -kInf);
  CHECK(BucketBound(h, 0) == -2);
  CHECK(BucketBound(h, 1) == 3);
  CHECK(BucketBound(h, 2) == kInf);
  CHECK(BucketBound(h, 7) == kInf);
}

struct Seen {
  double lower, upper, count;
  bool operator==(const Seen&) const = default;
};

std::vector<Seen> Walk(const FloatHistogram& h, BucketCursor::Order order) {
  std::vector<Seen> out;
  for (BucketCursor cursor(h, order); cursor.Next();)
    out.push_back({cursor.bucket().lower, cursor.bucket().upper, cursor.bucket().count});
  return out;
}

TEST_CASE("all buckets in both directions, cut at the zero bucket") {
  const FloatHistogram h =
      Make({.zero_count = 5, .zero_threshold = 0.75, .positive = {1, 0, 3}, .negative = {2, 4}, .negative_offset = 0});
  const std::vector<Seen> ascending = {{-2, -1, 4},  {-1, -0.75, 2}, {-0.75, 0.75, 5},
                                       {0.75, 1, 1}, {1, 2, 0},      {2, 4, 3}};
  CHECK(Walk(h, BucketCursor::Order::kAscending) == ascending);
  CHECK(Walk(h, BucketCursor::Order::kDescending) == std::vector<Seen>(ascending.rbegin(), ascending.rend()));
}

TEST_CASE("both directions agree on random layouts") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 500; ++round) {
    FloatHistogram h = RandomHistogram(random, static_cast<std::int32_t>(random() % 13) - 4);
    if (round % 3 == 0) h.positive_spans.insert(h.positive_spans.begin(), BucketSpan{-2, 0});
    auto descending = Walk(h, BucketCursor::Order::kDescending);
    std::reverse(descending.begin(), descending.end());
    CHECK(Walk(h, BucketCursor::Order::kAscending) == descending);
  }
}

TEST_CASE("cursors stop where spans and buckets disagree") {
  FloatHistogram h = Make({.positive = {1, 2}, .negative = {3}});
  h.positive_spans[0].length = 4'000'000'000;
  h.negative_spans.clear();
  CHECK(Walk(h, BucketCursor::Order::kAscending).size() == 2);
  CHECK(Walk(h, BucketCursor::Order::kDescending).empty());
}

}  // namespace
}  // namespace vigia::promql
