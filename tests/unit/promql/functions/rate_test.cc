#include "tests/unit/promql/functions/window_fixture.h"

namespace vigia::promql {
namespace {

constexpr DurationMs kMinute = 60'000;

Column Ramp(double start, double step, std::size_t count) {
  std::vector<double> values;
  for (std::size_t i = 0; i < count; ++i) values.push_back(start + step * static_cast<double>(i));
  return Every(5 * kMinute, values);
}

// The first cases are those of Prometheus' functions.test, "Tests for increase()".
TEST_CASE("increase extrapolates to the boundary, half a gap, or the zero of the counter") {
  CHECK(RunOnce("increase", Ramp(0, 10, 11), 50 * kMinute, 50 * kMinute) == Approx(100));
  CHECK(RunOnce("increase", Ramp(0, 10, 11), 50 * kMinute, 100 * kMinute) == Approx(100));
  CHECK(RunOnce("increase", Ramp(10, 10, 11), 50 * kMinute, 100 * kMinute) == Approx(105));
  CHECK(RunOnce("increase", Ramp(1, 10, 11), 50 * kMinute, 100 * kMinute) == Approx(101));
  const Column with_reset = Every(5 * kMinute, {0, 18, 36, 54, 72, 90, 0, 18, 36, 54, 72, 90});
  CHECK(RunOnce("increase", with_reset, 50 * kMinute, 50 * kMinute) == Approx(160));
  CHECK(RunOnce("increase", with_reset, 50 * kMinute, 100 * kMinute) == Approx(162));
}

TEST_CASE("rate is the increase by the seconds of the range, in that order of operations") {
  // 4 samples in (0, 60s]: 15, 30, 45, 60. last - first = 3, sampled 45 s, gap 15 s, start 15 s away (below 16.5 s).
  const Column column = Every(15'000, {0, 1, 2, 3, 4});
  const double factor = (45.0 + 15.0 + 0.0) / 45.0;
  CHECK(*RunOnce("increase", column, kMinute, kMinute) == 3 * factor);
  CHECK(*RunOnce("rate", column, kMinute, kMinute) == 3 * (factor / 60.0));
  CHECK(*RunOnce("delta", column, kMinute, kMinute) == 3 * factor);
}

TEST_CASE("rate needs two samples, delta knows no reset") {
  const Column column = Every(15'000, {5, 1});
  CHECK_FALSE(RunOnce("rate", column, 0, kMinute).has_value());
  CHECK_FALSE(RunOnce("rate", column, 10 * kMinute, kMinute).has_value());
  // Both windows: sampled 15 s, start 60 - 15 = 45 s away, so half a gap of 7.5 s to the left, 0 to the right.
  CHECK(*RunOnce("delta", column, 15'000, kMinute) == -4 * ((15.0 + 7.5) / 15.0));
  // increase: 1 - 5 + 5 = 1, the counter would be 0 at 15 * 5 / 1 = 75 s before: no limit.
  CHECK(*RunOnce("increase", column, 15'000, kMinute) == 1 * ((15.0 + 7.5) / 15.0));
}

TEST_CASE("a negative first value or no increase leaves the start alone") {
  const Column negative = Every(15'000, {-1, 1});
  CHECK(*RunOnce("increase", negative, 15'000, kMinute) == 2 * ((15.0 + 7.5) / 15.0));
  const Column flat = Every(15'000, {0, 0});
  CHECK(*RunOnce("increase", flat, 15'000, kMinute) == 0);
}

TEST_CASE("NaN is no reset and spoils the result") {
  const Column column = Every(15'000, {1, kNan, 3});
  CHECK(*RunOnce("increase", column, 30'000, 31'000) == 2 * ((30.0 + 1.0) / 30.0));
  CHECK(std::isnan(*RunOnce("increase", column, 15'000, kMinute)));
}

TEST_CASE("each step counts the resets of its own window") {
  const Column column = Every(10'000, {1, 5, 2, 4, 1, 3});
  const Steps steps = Run("resets", column, GridOver(10'000, 10'000, 6, 20'000));
  CHECK(steps == Steps{0, 1, 0, 1, 0, 0});
  const Steps increases = Run("increase", column, GridOver(20'000, 10'000, 4, 30'000));
  // Windows of three samples, sampled 20 s; the gap to the start is 10 s, limited by the counter's zero.
  // {1,5,2}: 2-1+5 = 6, zero 20*(1/6) s before.
  CHECK(*increases[0] == 6 * ((20.0 + 20.0 * (1.0 / 6.0)) / 20.0));
  // {5,2,4}: 4-5+5 = 4, zero 25 s before. {2,4,1}: 1-2+4 = 3, zero 13.3 s before. {4,1,3}: 3-4+4 = 3.
  CHECK(*increases[1] == 4 * ((20.0 + 10.0) / 20.0));
  CHECK(*increases[2] == 3 * ((20.0 + 10.0) / 20.0));
  CHECK(*increases[3] == 3 * ((20.0 + 10.0) / 20.0));
}

TEST_CASE("irate takes the last two samples, a reset counts from zero") {
  const Column column = Every(10'000, {10, 20, 5});
  CHECK(*RunOnce("irate", column, 10'000, kMinute) == 1);
  CHECK(*RunOnce("irate", column, 20'000, kMinute) == 0.5);
  CHECK(*RunOnce("idelta", column, 20'000, kMinute) == -15);
  CHECK_FALSE(RunOnce("irate", column, 0, kMinute).has_value());
}

TEST_CASE("changes: NaN to NaN is none, and none is counted outside the window") {
  CHECK(RunOnce("changes", Every(kMinute, {kNan, kNan, kNan}), 2 * kMinute, 10 * kMinute) == 0.0);
  CHECK(RunOnce("changes", Every(kMinute, {0, kNan, 0}), 2 * kMinute, 10 * kMinute) == 2.0);
  CHECK(RunOnce("changes", Every(kMinute, {0.0, -0.0}), 2 * kMinute, 10 * kMinute) == 0.0);
  CHECK(RunOnce("changes", Every(kMinute, {1, 2, 3}), 2 * kMinute, 2 * kMinute) == 1.0);
  CHECK_FALSE(RunOnce("changes", Every(kMinute, {1}), 2 * kMinute, kMinute).has_value());
}

TEST_CASE("anchored ranges start at the last sample before them, without extrapolation") {
  // Samples 0..4 at 0, 15, .. 60 s. (20 s, 50 s] anchored: from the sample at 15 s to that at 45 s.
  const Column column = Every(15'000, {0, 1, 2, 3, 4});
  RangeGrid grid = GridAt(50'000, 30'000);
  grid.kind = WindowKind::kAnchored;
  grid.lookback_ms = 5 * kMinute;
  CHECK(Run("increase", column, grid)[0] == 2.0);
  CHECK(Run("rate", column, grid)[0] == 2.0 / 30.0);
  CHECK(Run("delta", column, grid)[0] == 2.0);
  CHECK(Run("changes", column, grid)[0] == 2.0);
  grid = GridAt(200'000, 30'000);
  grid.kind = WindowKind::kAnchored;
  grid.lookback_ms = 5 * kMinute;
  CHECK_FALSE(Run("increase", column, grid)[0].has_value());
  CHECK_FALSE(Run("resets", column, grid)[0].has_value());
}

TEST_CASE("anchored ranges take resets since the boundary into account") {
  const Column column = Every(15'000, {10, 20, 5, 8});
  RangeGrid grid = GridAt(45'000, 30'000);  // (15 s, 45 s], boundary at the sample 20.
  grid.kind = WindowKind::kAnchored;
  grid.lookback_ms = 5 * kMinute;
  CHECK(Run("increase", column, grid)[0] == 8.0);  // 8 - 20 + 20
  CHECK(Run("resets", column, grid)[0] == 1.0);
}

TEST_CASE("smoothed ranges interpolate at both ends") {
  // 0, 30, 60 at 0, 30, 60 s: (15 s, 45 s] goes from 15 to 45.
  const Column column = Every(30'000, {0, 30, 60});
  RangeGrid grid = GridAt(45'000, 30'000);
  grid.kind = WindowKind::kSmoothed;
  grid.lookback_ms = 5 * kMinute;
  CHECK(Run("increase", column, grid)[0] == 30.0);
  CHECK(Run("rate", column, grid)[0] == 1.0);
  // A counter that fell is taken to start from 0: between 0 s and 30 s from 0 to 10, at 15 s it is 5.
  const Column fallen = Every(30'000, {100, 10, 40});
  CHECK(Run("increase", fallen, grid)[0] == 20.0);  // From 5 to 25.
  CHECK(Run("delta", fallen, grid)[0] == 25.0 - 55.0);
}

}  // namespace
}  // namespace vigia::promql
