#include "tests/unit/promql/functions/window_fixture.h"

namespace vigia::promql {
namespace {

constexpr DurationMs kMinute = 60'000;
constexpr TimestampMs kEnd = 100 * kMinute;

std::optional<double> Over(std::string_view name, std::vector<double> values, std::vector<double> scalars = {}) {
  return RunOnce(name, Every(kMinute, std::move(values)), kEnd, 2 * kEnd, std::move(scalars));
}

TEST_CASE("windows hold what lies in (start, end], whatever the phase of the steps") {
  const Column column = Every(10'000, {0, 1, 2, 3, 4, 5});
  const WindowSet aligned(column.t, GridOver(0, 10'000, 8, 20'000));
  std::vector<std::uint32_t> sizes;
  for (const Window window : aligned.windows()) sizes.push_back(window.size());
  CHECK(sizes == std::vector<std::uint32_t>{1, 2, 2, 2, 2, 2, 1, 0});
  CHECK(aligned.total_samples() == 12);
  CHECK(Run("last_over_time", column, GridOver(5'000, 20'000, 3, 20'000)) == Steps{0, 2, 4});
  CHECK(Run("first_over_time", column, GridOver(5'000, 20'000, 3, 20'000)) == Steps{0, 1, 3});
  RangeGrid pinned = GridOver(100'000, 10'000, 3, 20'000);
  pinned.end_start_ms = 50'000;
  pinned.end_step_ms = 0;
  CHECK(Run("sum_over_time", column, pinned) == Steps{9, 9, 9});
  CHECK(Run("count_over_time", Column{}, GridAt(0, 1000)) == Steps{std::nullopt});
}

TEST_CASE("an odd range in milliseconds is what Go makes of it in seconds") {
  CHECK(GridAt(0, 1'500).RangeSeconds() == 1.5);
  CHECK(GridAt(0, 1'100).RangeSeconds() == 1 + 1e8 / 1e9);
}

TEST_CASE("count, present, first, last and their times") {
  CHECK(Over("count_over_time", {1, kNan, 3}) == 3.0);
  CHECK(Over("present_over_time", {kNan}) == 1.0);
  CHECK(Over("first_over_time", {7, 8}) == 7.0);
  CHECK(Over("last_over_time", {7, 8}) == 8.0);
  CHECK(Over("ts_of_first_over_time", {7, 8}) == 0.0);
  CHECK(Over("ts_of_last_over_time", {7, 8}) == 60.0);
  for (const char* name : {"count_over_time", "present_over_time", "sum_over_time", "max_over_time", "mad_over_time"}) {
    CHECK_FALSE(Over(name, {}).has_value());
  }
}

TEST_CASE("sums are compensated, an infinite one is not made NaN") {
  CHECK(Over("sum_over_time", {1, 1e100, 1, -1e100}) == 2.0);
  CHECK(Over("sum_over_time", {0.1, 0.2, 0.3}) == 0.6);
  CHECK(Over("sum_over_time", {1, kInf, 1}) == kInf);
  CHECK(std::isnan(*Over("sum_over_time", {kInf, -kInf})));
  CHECK_FALSE(std::signbit(*Over("sum_over_time", {-0.0})));
}

TEST_CASE("an average survives sums that overflow") {
  // Prometheus' functions.test has these as avg_over_time cases.
  CHECK(Over("avg_over_time", {8.988465674311579e+307, 9.988465674311579e+307}) == Approx(9.488465674311579e+307));
  CHECK(Over("avg_over_time", {-8.988465674311579e+307, -9.988465674311579e+307}) == Approx(-9.488465674311579e+307));
  CHECK(Over("avg_over_time", {1, 2, 4}) == 7.0 / 3.0);
  CHECK(Over("avg_over_time", {kInf, 1}) == kInf);
  CHECK(std::isnan(*Over("avg_over_time", {kInf, -kInf})));
  CHECK(std::isnan(*Over("avg_over_time", {1, kNan})));
}

TEST_CASE("NaN is an extreme only of itself, the first of equal values wins, for its time the last") {
  CHECK(Over("max_over_time", {kNan, 1, 3, 2}) == 3.0);
  CHECK(Over("min_over_time", {5, kNan, 3, kNan}) == 3.0);
  CHECK(std::isnan(*Over("max_over_time", {kNan, kNan})));
  CHECK(std::signbit(*Over("max_over_time", {-0.0, 0.0})));
  CHECK_FALSE(std::signbit(*Over("min_over_time", {0.0, -0.0})));
  CHECK(Over("ts_of_max_over_time", {1, 3, 3, 2}) == 120.0);
  CHECK(Over("ts_of_min_over_time", {1, 1, 3, 2}) == 60.0);
  CHECK(Over("ts_of_min_over_time", {kNan, kNan}) == 60.0);
  CHECK(Over("max_over_time", {kInf, -kInf}) == kInf);
}

TEST_CASE("variance is that of the population") {
  // Mean 5, squares 9 + 1 + 1 + 1 + 0 + 0 + 4 + 16 = 32, over 8.
  CHECK(Over("stdvar_over_time", {2, 4, 4, 4, 5, 5, 7, 9}) == 4.0);
  CHECK(Over("stddev_over_time", {2, 4, 4, 4, 5, 5, 7, 9}) == 2.0);
  CHECK(Over("stdvar_over_time", {42}) == 0.0);
  CHECK(Over("stddev_over_time", {1.5990505637277868, 1.5990505637277868, 1.5990505637277868}) == 0.0);
  CHECK(std::isnan(*Over("stdvar_over_time", {1, kInf})));
}

TEST_CASE("quantiles interpolate between neighbours; NaN is the smallest") {
  CHECK(Over("quantile_over_time", {0, 1, 2}, {0.5}) == 1.0);
  CHECK(Over("quantile_over_time", {2, 0, 1}, {0.8}) == Approx(1.6));
  CHECK(Over("quantile_over_time", {1, 2}, {1}) == 2.0);
  CHECK(Over("quantile_over_time", {kNan, 1, 2}, {0.5}) == 1.0);
  CHECK(std::isnan(*Over("quantile_over_time", {kNan, 1, 2}, {0})));
  CHECK(Over("quantile_over_time", {1}, {-0.1}) == -kInf);
  CHECK(Over("quantile_over_time", {1}, {1.1}) == kInf);
  CHECK(std::isnan(*Over("quantile_over_time", {1}, {kNan})));
  // A weight of 0 does not hide an infinite neighbour: Inf * 0 is NaN.
  CHECK(std::isnan(*Over("quantile_over_time", {0, kInf}, {0})));
}

TEST_CASE("the median absolute deviation") {
  CHECK(Over("mad_over_time", {4, 6, 2, 1, 999, 1, 2}) == 1.0);  // Prometheus' functions.test.
  CHECK(Over("mad_over_time", {1}) == 0.0);
  CHECK(std::isnan(*Over("mad_over_time", {kNan})));
}

TEST_CASE("deriv is the slope of the least squares") {
  const Column line = Every(10'000, {1, 3, 5, 7});
  CHECK(RunOnce("deriv", line, 30'000, kMinute) == Approx(0.2));
  CHECK(RunOnce("deriv", Every(10'000, {5, 5, 5}), 30'000, kMinute) == 0.0);
  CHECK(std::isnan(*RunOnce("deriv", Every(10'000, {kInf, kInf}), 30'000, kMinute)));
  CHECK_FALSE(RunOnce("deriv", Every(10'000, {5}), 30'000, kMinute).has_value());
  // At 60 s the line is at 13, ten seconds later at 15. The evaluation time counts, not the end of an offset range.
  RangeGrid grid = GridAt(60'000, 10 * kMinute);
  CHECK(*Run("predict_linear", line, grid, {10})[0] == Approx(15));
  grid.end_start_ms = 30'000;
  CHECK(*Run("predict_linear", line, grid, {0})[0] == Approx(13));
}

TEST_CASE("double exponential smoothing") {
  // s1 = 1, b = 1. i=1: y = .5 * (1 + 1), s = .5 * 2 + 1 = 2. i=2: b = .1 * (2 - 1) + .9 * 1 = 1, s = .5 * 4 + .5 * 3
  // = 3.5.
  CHECK(Over("double_exponential_smoothing", {1, 2, 4}, {0.5, 0.1}) == Approx(3.5));
  CHECK_FALSE(Over("double_exponential_smoothing", {1}, {0.5, 0.1}).has_value());
  const auto refused = TryRun("double_exponential_smoothing", Every(kMinute, {1, 2}), GridAt(kEnd, 2 * kEnd), {1, 0.5});
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().what == "invalid smoothing factor. Expected: 0 < sf < 1, got: 1.000000");
  const auto trend = TryRun("double_exponential_smoothing", Every(kMinute, {1, 2}), GridAt(kEnd, 2 * kEnd), {0.5, 0});
  REQUIRE_FALSE(trend.has_value());
  CHECK(trend.error().what == "invalid trend factor. Expected: 0 < tf < 1, got: 0.000000");
}

}  // namespace
}  // namespace vigia::promql
