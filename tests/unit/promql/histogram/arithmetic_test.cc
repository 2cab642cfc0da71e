#include "promql/histogram/arithmetic.h"

#include <algorithm>
#include <cmath>

#include "promql/histogram/bounds.h"
#include "promql/histogram/layout.h"
#include "promql/histogram/zero_bucket.h"
#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

TEST_CASE("sums of one layout") {
  FloatHistogram h = Make({.count = 4, .sum = 5, .zero_count = 1, .zero_threshold = 0.1, .positive = {1, 2}});
  const FloatHistogram other = Make({.count = 3, .sum = 2, .zero_count = 2, .zero_threshold = 0.1, .positive = {0, 1}});
  const SumOutcome outcome = Add(h, other);
  CHECK((outcome.compatible && !outcome.reset_collision && !outcome.bounds_reconciled));
  CHECK(Equals(h, Make({.count = 7, .sum = 7, .zero_count = 3, .zero_threshold = 0.1, .positive = {1, 3}})));
}

TEST_CASE("the lower resolution wins on either side") {
  const FloatHistogram fine = Make({.schema = 1, .count = 6, .sum = 6, .positive = {1, 2, 3}, .offset = 1});
  const FloatHistogram coarse = Make({.count = 4, .sum = 4, .positive = {4}, .offset = 1});
  // Indexes 1 and 2 of schema 1 are index 1 of schema 0, 3 is 2.
  const FloatHistogram expected = Make({.count = 10, .sum = 10, .positive = {7, 3}, .offset = 1});
  FloatHistogram h = fine;
  Add(h, coarse);
  CHECK(Equals(h, expected));
  h = coarse;
  Add(h, fine);
  CHECK(Equals(h, expected));
}

TEST_CASE("the wider zero bucket swallows buckets, in whole when it would cut one") {
  const FloatHistogram narrow = Make({.count = 6, .zero_threshold = 0.001, .positive = {1, 2, 3}, .offset = -1});
  // (0.25,0.5]:1 (0.5,1]:2 (1,2]:3; a threshold of 0.75 cuts the second.
  FloatHistogram h = narrow;
  Add(h, Make({.count = 5, .zero_count = 5, .zero_threshold = 0.75}));
  CHECK(h.zero_threshold == 1);
  CHECK(h.zero_count == 8);
  CHECK(MapOf(h.positive_spans, h.positive_buckets) == BucketMap{{1, 3}});

  FloatHistogram wide = Make({.count = 5, .zero_count = 5, .zero_threshold = 0.75});
  Add(wide, narrow);
  Compact(wide);
  CHECK(Equals(wide, h));
}

TEST_CASE("widening repeats until no populated bucket is cut on either side") {
  // 0.75 cuts (0.5,1] above, -1 is then the end of [-2,-1): nothing more is cut.
  const FloatHistogram above = Make({.positive = {1}, .negative = {1}, .negative_offset = 1});
  const ZeroBucket one = WidenedZeroBucket(above, 0.75, nullptr);
  CHECK(one.threshold == 1);
  CHECK(one.count == 1);
  // At schema -1, [-4,-1) is cut by 2 and then (1,4] below it as well.
  const FloatHistogram both = Make({.schema = -1, .positive = {1, 2}, .negative = {0, 4}});
  const ZeroBucket four = WidenedZeroBucket(both, 2, nullptr);
  CHECK(four.threshold == 4);
  CHECK(four.count == 7);
  CHECK(WidenedZeroBucket(Make({.positive = {0, 5}}), 0.75, nullptr).threshold == 0.75);  // An empty one may be cut.
}

TEST_CASE("a zero threshold that is no number ends the reconciliation") {
  FloatHistogram h = Make({.count = 1, .zero_threshold = kNan, .positive = {1}});
  Add(h, Make({.count = 1, .zero_threshold = 1, .positive = {1}}));
  CHECK(h.count == 2);
}

TEST_CASE("custom buckets meet on the bounds that both have") {
  const FloatHistogram a = Make({.count = 10, .sum = 1, .positive = {1, 2, 3, 4}, .bounds = {1, 2, 3}});
  const FloatHistogram b = Make({.count = 60, .sum = 2, .positive = {10, 20, 30}, .bounds = {2, 5}});
  FloatHistogram h = a;
  const SumOutcome outcome = Add(h, b);
  CHECK(outcome.bounds_reconciled);
  CHECK(Equals(h, Make({.count = 70, .sum = 3, .positive = {13, 57}, .bounds = {2}})));
  h = a;
  CHECK(Subtract(h, b).bounds_reconciled);
  CHECK(Equals(h, Make({.count = -50, .sum = -1, .positive = {-7, -43}, .bounds = {2}})));
  h = a;
  Add(h, Make({.count = 1, .positive = {1}, .bounds = {7}}));
  CHECK(h.custom_values.empty());
  CHECK(h.schema == storage::kCustomBucketsSchema);
  CHECK(h.positive_buckets == std::vector<double>{11});
}

TEST_CASE("custom and exponential buckets do not mix") {
  FloatHistogram h = Make({.count = 1, .positive = {1}});
  const FloatHistogram before = h;
  CHECK_FALSE(Add(h, Make({.count = 1, .positive = {1}, .bounds = {1}})).compatible);
  CHECK(Equals(h, before));
}

TEST_CASE("hints of sums") {
  using Hint = CounterResetHint;
  struct Case {
    Hint a, b, result;
    bool collision;
  };
  for (const Case& c :
       {Case{Hint::kNotReset, Hint::kNotReset, Hint::kNotReset, false},
        Case{Hint::kReset, Hint::kReset, Hint::kReset, false},
        Case{Hint::kNotReset, Hint::kUnknown, Hint::kUnknown, false},
        Case{Hint::kUnknown, Hint::kReset, Hint::kUnknown, false},
        Case{Hint::kGauge, Hint::kReset, Hint::kGauge, false}, Case{Hint::kNotReset, Hint::kGauge, Hint::kGauge, false},
        Case{Hint::kReset, Hint::kNotReset, Hint::kUnknown, true},
        Case{Hint::kNotReset, Hint::kReset, Hint::kUnknown, true}}) {
    FloatHistogram h = Make({.hint = c.a});
    CHECK(Add(h, Make({.hint = c.b})).reset_collision == c.collision);
    CHECK(h.hint == c.result);
    h.hint = c.a;
    CHECK(Subtract(h, Make({.hint = c.b})).reset_collision == c.collision);
    CHECK(h.hint == c.result);
  }
}

TEST_CASE("multiples") {
  FloatHistogram h = Make({.count = 6, .sum = 9, .zero_count = 3, .positive = {1, 2}, .negative = {3}});
  Multiply(h, 2);
  CHECK(Equals(h, Make({.count = 12, .sum = 18, .zero_count = 6, .positive = {2, 4}, .negative = {6}})));
  CHECK(h.hint == CounterResetHint::kUnknown);
  Divide(h, -2);
  CHECK(Equals(h, Make({.count = -6, .sum = -9, .zero_count = -3, .positive = {-1, -2}, .negative = {-3}})));
  CHECK(h.hint == CounterResetHint::kGauge);
  Divide(h, 0);
  CHECK(h.count == -kInf);
  CHECK(h.positive_buckets.empty());
  CHECK(h.negative_spans.empty());
}

// Adds by index in maps, where every bucket is brought to the same resolution and zero bucket first.
BucketMap SlowSum(const FloatHistogram& a, const FloatHistogram& b, BucketSpan, double threshold, int sign) {
  const std::int32_t schema = std::min(a.schema, b.schema);
  BucketMap out;
  const auto add = [&](const FloatHistogram& h, int factor) {
    for (const auto& [index, count] : MapOf(h.positive_spans, h.positive_buckets)) {
      const std::int64_t target = ReducedIndex(index, h.schema, schema);
      if (ExponentialBound(target, schema) > threshold) out[target] += factor * count;
    }
  };
  add(a, 1);
  add(b, sign);
  std::erase_if(out, [](const auto& bucket) { return bucket.second == 0; });
  return out;
}

TEST_CASE("random sums equal the slow twin, and subtracting again gives what was there") {
  std::mt19937_64 random(11);
  for (int round = 0; round < 1000; ++round) {
    const FloatHistogram a = RandomHistogram(random, static_cast<std::int32_t>(random() % 4));
    const FloatHistogram b = RandomHistogram(random, static_cast<std::int32_t>(random() % 4));
    FloatHistogram h = a;
    Add(h, b);
    CHECK(h.count == a.count + b.count);
    CHECK(Observations(h) == a.count + b.count);
    CHECK(h.zero_threshold >= std::max(a.zero_threshold, b.zero_threshold));
    CHECK(MapOf(h.positive_spans, h.positive_buckets) == SlowSum(a, b, {}, h.zero_threshold, 1));
    FloatHistogram reversed = b;
    Add(reversed, a);
    Compact(h);
    Compact(reversed);
    CHECK(Equals(h, reversed));
    Subtract(h, b);
    Compact(h);
    FloatHistogram expected = a;  // At the resolution and with the zero bucket of the sum.
    FloatHistogram nothing = reversed;
    Multiply(nothing, 0);
    nothing.hint = CounterResetHint::kUnknown;
    Add(expected, nothing);
    Compact(expected);
    CHECK(Equals(h, expected));
  }
}

}  // namespace
}  // namespace vigia::promql
