#include "promql/histogram/native_quantile.h"

#include <cmath>

#include "promql/value/go_math.h"
#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

double Quantile(double q, const FloatHistogram& h) { return NativeQuantile(q, h).value; }
double Fraction(double lower, double upper, const FloatHistogram& h) { return NativeFraction(lower, upper, h).value; }

TEST_CASE("Go's 2^x") {
  for (int i = -1080; i <= 1023; ++i) CHECK(GoExp2(i) == std::exp2(i < -1074 ? -2000 : i));
  CHECK(GoExp2(1024) == kInf);
  CHECK(GoExp2(-kInf) == 0);
  CHECK(std::isnan(GoExp2(kNan)));
  for (double x = -20; x < 20; x += 0.0137) CHECK(GoExp2(x) == Approx(std::exp2(x)).epsilon(4e-16));
}

TEST_CASE("quantiles of exponential buckets") {
  const FloatHistogram h = Make({.count = 12, .zero_count = 2, .zero_threshold = 0.001, .positive = {2, 3, 0, 1, 4}});
  // Ranks from below: 2 in [0,0.001], 2 in (0.5,1], 3 in (1,2], 1 in (4,8], 4 in (8,16].
  CHECK(Quantile(0, h) == 0);
  CHECK(Quantile(0.1, h) == Approx(0.0006));
  CHECK(Quantile(0.25, h) == Approx(std::exp2(-0.5)));
  CHECK(Quantile(0.5, h) == Approx(std::exp2(2.0 / 3)));
  CHECK(Quantile(0.9, h) == Approx(std::exp2(3 + 2.8 / 4)));
  CHECK(Quantile(1, h) == 16);
  CHECK(Quantile(-1, h) == -kInf);
  CHECK(Quantile(1.5, h) == kInf);
  CHECK(std::isnan(Quantile(kNan, h)));
  CHECK(std::isnan(Quantile(0.5, FloatHistogram())));
}

TEST_CASE("negative buckets mirror positive ones") {
  const FloatHistogram positive = Make({.count = 8, .positive = {2, 3, 0, 3}});
  const FloatHistogram negative = Make({.count = 8, .negative = {2, 3, 0, 3}});
  for (const double q : {0.0, 0.125, 0.25, 0.375, 0.625, 0.75, 0.9375})
    CHECK(Quantile(q, positive) == Approx(-Quantile(1 - q, negative)));
  CHECK(Quantile(0.5, Make({.count = 2, .zero_count = 2, .zero_threshold = 1})) == 0);
  CHECK(Quantile(0.5, Make({.count = 2, .zero_count = 2, .zero_threshold = 1, .negative = {0}})) == -0.5);
}

TEST_CASE("quantiles of custom buckets") {
  const FloatHistogram h = Make({.count = 8, .positive = {2, 4, 2}, .bounds = {5, 10}});
  CHECK(Quantile(0.125, h) == 2.5);  // From 0 although the bucket begins at -Inf.
  CHECK(Quantile(0.5, h) == 7.5);
  CHECK(Quantile(0.9, h) == 10);  // Nothing is known above the last bound.
  CHECK(Quantile(0.1, Make({.count = 1, .positive = {1}, .bounds = {-5, 10}})) == -5);
}

TEST_CASE("quantiles and fractions undo each other") {
  std::mt19937_64 random(19);
  for (int round = 0; round < 200; ++round) {
    FloatHistogram h = RandomHistogram(random, static_cast<std::int32_t>(random() % 4));
    h.zero_threshold = 0.001;
    if (h.count == 0) continue;
    for (double q = 0.05; q < 1; q += 0.1) {
      const double v = Quantile(q, h);
      CHECK(Fraction(-kInf, v, h) == Approx(q).epsilon(1e-9));
    }
    CHECK(Fraction(-kInf, kInf, h) == 1);
  }
}

TEST_CASE("fractions") {
  const FloatHistogram h = Make({.count = 4, .positive = {1, 2, 1}});
  CHECK(Fraction(1, 2, h) == 0.5);
  CHECK(Fraction(std::sqrt(2), 2, h) == Approx(0.25));
  CHECK(Fraction(0, 8, h) == 1);
  CHECK(Fraction(2, 1, h) == 0);
  CHECK(std::isnan(Fraction(kNan, 1, h)));
  CHECK(std::isnan(Fraction(0, 1, FloatHistogram())));
  const FloatHistogram custom = Make({.count = 8, .positive = {2, 4, 2}, .bounds = {5, 10}});
  CHECK(Fraction(5, 7.5, custom) == 0.25);
  CHECK(Fraction(0, 2.5, custom) == 0.125);
  CHECK(Fraction(12, kInf, custom) == 0.25);
  CHECK(Fraction(-kInf, 12, custom) == 0.75);  // Observations in infinite buckets are in no finite interval.
}

TEST_CASE("observations of NaN") {
  const FloatHistogram h = Make({.count = 15, .sum = kNan, .positive = {12}});
  CHECK(std::isnan(NativeQuantile(0.9, h).value));
  CHECK(NativeQuantile(0.9, h).flags == HistogramFlag::kQuantileIsNan);
  CHECK(NativeQuantile(0.8, h).value == 1);
  CHECK(NativeQuantile(0.8, h).flags == HistogramFlag::kQuantileIsSkewed);
  CHECK(NativeFraction(-kInf, kInf, h).value == 0.8);
  CHECK(NativeFraction(-kInf, kInf, h).flags == HistogramFlag::kFractionExcludesNans);
  // Infinities of both signs give a NaN sum, too.
  const FloatHistogram infinities = Make({.count = 2, .sum = kNan, .positive = {1}, .negative = {1}});
  CHECK(NativeQuantile(0.5, infinities).flags.empty());
  CHECK(NativeFraction(0, 1, infinities).flags.empty());
}

TEST_CASE("variance") {
  CHECK(NativeVariance(Make({.count = 2, .sum = 2 * std::sqrt(2), .positive = {0, 2}})) == Approx(0).margin(1e-15));
  // 1.5 and 3.5 stand for custom buckets, the mean is 2.5.
  CHECK(NativeVariance(Make({.count = 2, .sum = 5, .positive = {0, 1, 0, 1}, .bounds = {1, 2, 3, 4}})) == 1);
  CHECK(NativeDeviation(Make({.count = 4, .sum = 8, .zero_count = 4, .zero_threshold = 1})) == 2);
  CHECK(NativeVariance(Make({.count = 1, .sum = -3, .negative = {0, 0, 1}})) == Approx(std::pow(3 - std::sqrt(8), 2)));
  CHECK(std::isnan(NativeVariance(FloatHistogram())));
  CHECK(NativeAverage(Make({.count = 4, .sum = 10})) == 2.5);
}

}  // namespace
}  // namespace vigia::promql
