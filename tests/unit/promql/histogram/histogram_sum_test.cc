#include "promql/histogram/histogram_sum.h"

#include <cmath>

#include "promql/histogram/layout.h"
#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

constexpr double kBig = 0x1p53;  // The first number that cannot be told from its successor.

FloatHistogram SumOf(const std::vector<FloatHistogram>& all) {
  HistogramSum sum(all[0]);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(sum.Add(all[i]).compatible);
  FloatHistogram out = sum.Finish();
  Compact(out);
  return out;
}

FloatHistogram MeanOf(const std::vector<FloatHistogram>& all) {
  HistogramMean mean(all[0]);
  for (std::size_t i = 1; i < all.size(); ++i) CHECK(mean.Add(all[i]).compatible);
  FloatHistogram out = mean.Finish();
  Compact(out);
  return out;
}

TEST_CASE("sums lose nothing between large numbers") {
  const auto number = [](double v) {
    return Make({.count = v, .sum = v, .zero_count = v, .zero_threshold = 0.5, .positive = {0, v}, .negative = {0, v}});
  };
  const FloatHistogram sum = SumOf({number(kBig), number(1), number(1)});
  const double expected = kBig + 2;
  CHECK(sum.count == expected);
  CHECK(sum.sum == expected);
  CHECK(sum.zero_count == expected);
  CHECK(sum.positive_buckets == std::vector<double>{expected});
  CHECK(sum.negative_buckets == std::vector<double>{expected});
  CHECK(SumOf({Make({.sum = 1}), Make({.sum = 1e100}), Make({.sum = 1}), Make({.sum = -1e100})}).sum == 2);
}

TEST_CASE("what rounding took follows buckets to other layouts") {
  const FloatHistogram fine = Make({.schema = 1, .positive = {kBig, 1}, .offset = 1});
  const FloatHistogram coarse = Make({.positive = {1}, .offset = 1});
  CHECK(SumOf({fine, coarse}).positive_buckets == std::vector<double>{kBig + 2});
  CHECK(SumOf({coarse, fine}).positive_buckets == std::vector<double>{kBig + 2});
  // Into a zero bucket that grows.
  const FloatHistogram wide = Make({.zero_count = 1, .zero_threshold = 1});
  CHECK(SumOf({Make({.positive = {kBig}}), Make({.positive = {1}}), wide}).zero_count == kBig + 2);
  // To fewer custom bounds.
  const FloatHistogram sum = SumOf({Make({.positive = {kBig}, .bounds = {5}}), Make({.positive = {1}, .bounds = {5}}),
                                    Make({.positive = {1}, .bounds = {5, 10}})});
  CHECK(sum.custom_values == std::vector<double>{5});
  CHECK(sum.positive_buckets == std::vector<double>{kBig + 2});
}

TEST_CASE("sums equal plain addition where nothing rounds") {
  std::mt19937_64 random(13);
  for (int round = 0; round < 300; ++round) {
    std::vector<FloatHistogram> all;
    for (int i = 0; i < 4; ++i) all.push_back(RandomHistogram(random, static_cast<std::int32_t>(random() % 3)));
    FloatHistogram plain = all[0];
    for (int i = 1; i < 4; ++i) Add(plain, all[i]);
    Compact(plain);
    CHECK(Equals(SumOf(all), plain));
    Divide(plain, 4);
    CHECK(Equals(MeanOf(all), plain));
  }
}

TEST_CASE("the mean of one histogram is that histogram") {
  const FloatHistogram h = Make({.schema = 3, .count = 4, .sum = 5, .positive = {1, 2, 1}});
  CHECK(Equals(MeanOf({h}), h));
}

TEST_CASE("a mean survives the overflow of its sum") {
  constexpr double kMax = std::numeric_limits<double>::max();
  const FloatHistogram mean = MeanOf({Make({.count = kMax, .sum = 1}), Make({.count = kMax, .sum = 2}),
                                      Make({.count = kMax, .sum = 6}), Make({.count = kMax, .sum = 3})});
  CHECK(mean.count == Approx(kMax));
  CHECK(mean.sum == Approx(3));
  CHECK(SumOf({Make({.count = kMax}), Make({.count = kMax})}).count == kInf);
}

TEST_CASE("histograms that do not go together leave the sum as it is") {
  HistogramSum sum(Make({.count = 1, .positive = {1}}));
  CHECK_FALSE(sum.Add(Make({.count = 5, .bounds = {1}})).compatible);
  CHECK(sum.Finish().count == 1);
}

TEST_CASE("sums carry a hint that all agree on") {
  using Hint = CounterResetHint;
  CHECK(SumOf({Make({.hint = Hint::kNotReset}), Make({.hint = Hint::kNotReset})}).hint == Hint::kNotReset);
  CHECK(
      SumOf({Make({.hint = Hint::kNotReset}), Make({.hint = Hint::kNotReset}), Make({.hint = Hint::kUnknown})}).hint ==
      Hint::kUnknown);
  CHECK(MeanOf({Make({.hint = Hint::kNotReset}), Make({.hint = Hint::kGauge}), Make({})}).hint == Hint::kGauge);
}

}  // namespace
}  // namespace vigia::promql
