// Order statistics of windows that slide, against a sort of each of them.
#include "promql/functions/rank_window.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "promql/functions/quantile.h"
#include "tests/unit/promql/functions/window_fixture.h"

namespace vigia::promql {
namespace {

using Values = std::vector<double>;
constexpr DurationMs kSecondMs = 1000;

TEST_CASE("the i-th smallest of a window is that of its sorted samples") {
  std::mt19937 random(5);
  RankScratch scratch;
  for (const std::size_t count : {1u, 64u, 65u, 500u, 9000u}) {
    std::vector<std::int64_t> keys;
    for (std::size_t i = 0; i < count; ++i) keys.push_back(static_cast<std::int64_t>(random() % (count / 2 + 1)) - 20);
    RankWindow window(keys, scratch);
    Window bounds;
    for (int round = 0; round < 40; ++round) {
      const auto most = static_cast<std::uint32_t>(count);
      bounds.end = std::min<std::uint32_t>(most, bounds.end + random() % (most / 10 + 2));
      bounds.begin = std::min<std::uint32_t>(bounds.end, bounds.begin + random() % (most / 12 + 2));
      window.MoveTo(bounds);
      std::vector<std::int64_t> sorted(keys.begin() + bounds.begin, keys.begin() + bounds.end);
      std::sort(sorted.begin(), sorted.end());
      REQUIRE(window.size() == sorted.size());
      std::size_t wrong = 0;
      for (std::size_t i = 0; i < sorted.size(); i += 1 + random() % 9) wrong += window.KeyAt(i) == sorted[i] ? 0 : 1;
      CHECK(wrong == 0);
    }
  }
}

double SlowMad(const Values& values) {
  for (const double value : values) {
    if (std::isnan(value)) return value;
  }
  Values copy = values;
  const double median = Quantile(0.5, copy);
  for (double& value : copy) value = std::fabs(value - median);
  return Quantile(0.5, copy);
}

bool SameValue(double a, double b) {
  // The order of 0 and -0 in a sort is nobody's promise.
  return (std::isnan(a) && std::isnan(b)) || a == b;
}

// Samples every second, windows of up to the whole column: short ones are merged, long ones ranked.
TEST_CASE("quantiles and deviations of long windows equal those of a sort") {
  std::mt19937 random(6);
  using Draw = double (*)(std::mt19937&);
  const Draw draws[] = {
      [](std::mt19937& r) { return static_cast<double>(r() % 1000) / 100 - 3; },
      [](std::mt19937& r) { return static_cast<double>(r() % 4); },
      [](std::mt19937& r) { return std::ldexp(static_cast<double>(r()), static_cast<int>(r() % 80) - 40); },
      [](std::mt19937& r) { return r() % 500 == 0 ? kNan : static_cast<double>(r() % 100); },
      [](std::mt19937& r) { return r() % 50 == 0  ? kInf
                                   : r() % 3 == 0 ? -kInf
                                                  : static_cast<double>(r() % 100); },
      [](std::mt19937& r) { return 5e-324 * static_cast<double>(r() % 5); },
      [](std::mt19937& r) { return (r() % 2 == 0 ? 1 : -1) * 1.7e308; },
      [](std::mt19937&) { return 0.1; },
  };
  for (const Draw& draw : draws) {
    Values values;
    for (int i = 0; i < 1500; ++i) values.push_back(draw(random));
    const Column column = Every(kSecondMs, values);
    for (const DurationMs range : {5 * kSecondMs, 100 * kSecondMs, 1100 * kSecondMs, 2000 * kSecondMs}) {
      const RangeGrid grid = GridOver(0, 3 * kSecondMs, 520, range);
      const WindowSet windows(column.t, grid);
      const Steps quantiles = Run("quantile_over_time", column, grid, {0.9});
      const Steps deviations = Run("mad_over_time", column, grid);
      std::size_t wrong = 0;
      for (std::size_t step = 0; step < grid.steps; step += 1 + random() % 8) {
        const Window window = windows.windows()[step];
        REQUIRE(quantiles[step].has_value() == !window.empty());
        if (window.empty()) continue;
        Values in_window(values.begin() + window.begin, values.begin() + window.end);
        wrong += SameValue(*deviations[step], SlowMad(in_window)) ? 0 : 1;
        wrong += SameValue(*quantiles[step], Quantile(0.9, in_window)) ? 0 : 1;
      }
      INFO("draw " << &draw - draws << " range " << range);
      CHECK(wrong == 0);
    }
  }
}

}  // namespace
}  // namespace vigia::promql
