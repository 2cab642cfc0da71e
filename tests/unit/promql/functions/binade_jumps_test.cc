// Sums of windows by jumps against sums value by value, to the bit, over columns that are hard on rounding.
#include "promql/functions/binade_jumps.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <random>

#include "tests/unit/promql/functions/window_fixture.h"

namespace vigia::promql {
namespace {

using Random = std::mt19937_64;
using Values = std::vector<double>;

double Unit(Random& random) { return std::ldexp(static_cast<double>(random() >> 11), -53); }

struct Kind {
  const char* name;
  double (*draw)(std::size_t i, double previous, Random& random);
};

// Numbers of all sizes have their last bit somewhere else, so that sums meet ties of every binade by chance; the kinds
// with few bits meet them all the time.
constexpr Kind kKinds[] = {
    {"two decimals", [](std::size_t, double, Random& r) { return static_cast<double>(r() % 10'000) / 100; }},
    {"full doubles", [](std::size_t, double, Random& r) { return Unit(r); }},
    {"small beside large", [](std::size_t, double, Random& r) { return std::pow(10, Unit(r) * 9 - 6); }},
    {"counter of tenths",
     [](std::size_t, double last, Random& r) { return last + static_cast<double>(r() % 50) * 0.1; }},
    {"constant", [](std::size_t i, double last, Random& r) { return i == 0 ? Unit(r) * 100 : last; }},
    {"mostly 0", [](std::size_t, double, Random& r) { return r() % 20 != 0 ? 0 : Unit(r); }},
    {"0, then values", [](std::size_t i, double, Random& r) { return i < 200 ? 0 : Unit(r); }},
    {"small powers of 2",
     [](std::size_t, double, Random& r) {
       return std::ldexp(static_cast<double>(1 + r() % 3), static_cast<int>(r() % 54) - 53);
     }},
    {"half of the last bit", [](std::size_t, double, Random& r) { return r() % 2 == 0 ? 1.0 : 0x1p-53; }},
    {"last bits of 1", [](std::size_t, double, Random& r) { return 1 + static_cast<double>(r() % 4) * 0x1p-52; }},
    {"last bits of binades",
     [](std::size_t, double, Random& r) {
       return (1 + static_cast<double>(r() % 2) * 0x1p-52) * static_cast<double>(1ull << r() % 3);
     }},
    {"the end of a binade",
     [](std::size_t, double, Random& r) {
       constexpr double kEnd[] = {2 - 0x1p-52, 2 - 0x1p-51, 0x1p-52};
       return r() % 4 == 0 ? kEnd[r() % 3] : 0x1p-53;
     }},
    {"a peak now and then", [](std::size_t i, double, Random& r) { return i % 50 == 0 ? 1e6 * Unit(r) : Unit(r); }},
    {"growth", [](std::size_t i, double, Random&) { return std::exp2(static_cast<double>(i % 600) / 20); }},
    {"negative", [](std::size_t, double, Random& r) { return -20 - Unit(r) * 5; }},
    {"either sign", [](std::size_t, double, Random& r) { return Unit(r) - 0.5; }},
    {"sums near 0", [](std::size_t, double last, Random& r) { return r() % 2 == 0 ? -last : Unit(r); }},
    {"hardly normal",
     [](std::size_t, double, Random& r) {
       return std::ldexp(static_cast<double>(r() % 99), -840 + static_cast<int>(r() % 2));
     }},
    {"nearly infinite", [](std::size_t, double, Random& r) { return 0x1p980 * (1 + Unit(r)); }},
};

Values Draw(const Kind& kind, std::size_t count, Random& random) {
  Values values;
  double value = 1;
  for (std::size_t i = 0; i < count; ++i) {
    value = kind.draw(i, value, random);
    values.push_back(value);
  }
  return values;
}

// Of one size, of sizes that change, or all up to the end; now and then several that are the same or begin alike.
std::vector<Window> DrawWindows(std::size_t values, Random& random) {
  const auto count = static_cast<std::uint32_t>(values);
  const auto shift = static_cast<std::uint32_t>(1 + random() % 30);
  const auto size = static_cast<std::uint32_t>(1 + random() % count);
  const std::uint64_t form = random() % 3;
  std::vector<Window> windows;
  Window window;
  while (windows.size() < 100) {
    window.begin += static_cast<std::uint32_t>(random() % shift);
    if (window.begin >= count) break;
    const auto last = static_cast<std::uint32_t>(form == 0 ? size : form == 1 ? 1 + random() % size : count);
    window.end = std::max(window.end, std::min(count, window.begin + last));
    windows.push_back(window);
  }
  return windows;
}

KahanSum SlowSum(std::span<const double> values) {
  KahanSum sum;
  for (const double value : values) sum.Add(value);
  return sum;
}

bool SameBits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

TEST_CASE("sums by jumps equal sums value by value to the bit") {
  Random random(20260101);
  BinadeScratch scratch;
  for (const Kind& kind : kKinds) {
    int allowed = 0;
    for (int round = 0; round < 40; ++round) {
      const Values values = Draw(kind, 1 + random() % (round % 8 == 0 ? 2000 : 400), random);
      const std::vector<Window> windows = DrawWindows(values.size(), random);
      const ColumnShape shape = ShapeOf(values);
      std::uint32_t largest = 0;
      for (const Window window : windows) largest = std::max(largest, window.size());
      if (windows.empty() || !CompensationsAreExact(shape, largest)) continue;
      ++allowed;
      for (const std::uint32_t additions : {1u, 2u, 16u, 70u, kNoJumps}) {
        if (shape.has_positive && shape.has_negative && additions != kNoJumps) continue;
        std::vector<KahanSum> sums(windows.size(), {4711, 4711});
        SumByBinades(values, shape, windows, additions, scratch, sums);
        std::size_t wrong = 0;
        for (std::size_t i = 0; i < windows.size(); ++i) {
          const KahanSum slow = SlowSum(std::span(values).subspan(windows[i].begin, windows[i].size()));
          const bool same = slow.sum == sums[i].sum && SameBits(slow.compensation, sums[i].compensation) &&
                            SameBits(slow.Total(), sums[i].Total());
          wrong += same ? 0 : 1;
        }
        INFO(kind.name << " round " << round << " additions " << additions);
        CHECK(wrong == 0);
      }
    }
    INFO(kind.name);
    CHECK(allowed > 0);
  }
}

// 1 + 2^-53 goes back to 1, whose last bit is 0, and 1 + 2^-52 + 2^-53 on to 1 + 2^-51 for the same reason.
TEST_CASE("a tie depends on the sum that meets it") {
  const Values values{1, 0x1p-53, 0x1p-52, 0x1p-53, 0x1p-53};
  const std::vector<Window> windows{{0, 2}, {0, 3}, {0, 4}, {0, 5}, {1, 5}, {2, 5}};
  const double expected[] = {1, 1 + 0x1p-52, 1 + 0x1p-51, 1 + 0x1p-51, 5 * 0x1p-53, 0x1p-51};
  std::vector<KahanSum> sums(windows.size());
  BinadeScratch scratch;
  const ColumnShape shape = ShapeOf(values);
  REQUIRE(CompensationsAreExact(shape, values.size()));
  SumByBinades(values, shape, windows, 1, scratch, sums);
  for (std::size_t i = 0; i < windows.size(); ++i) CHECK(sums[i].sum == expected[i]);
  CHECK(sums[0].compensation == 0x1p-53);
  CHECK(sums[3].compensation == 0x1p-53);
}

TEST_CASE("columns whose compensations may round are told") {
  const auto allowed = [](Values values, std::size_t count) { return CompensationsAreExact(ShapeOf(values), count); };
  CHECK(allowed({0.1, 99.99}, 1'000'000));
  CHECK(allowed({0.1, -99.99}, 1'000'000));
  CHECK(!allowed({0.1, kNan}, 2));
  CHECK(!allowed({0.1, kInf}, 2));
  CHECK(!allowed({0.1, -kInf}, 2));
  CHECK(!allowed({0.1, 5e-324}, 2));
  CHECK(!allowed({1e308, 1e308}, 2));
  // Sums below 2^61 err by up to 2^7 each; a thousand of them are below 2^53 units of 2^-30, but not of 2^-50.
  CHECK(allowed({0x1p59, 0.5}, 1000));
  CHECK(allowed({0x1p59, 0x1p-30}, 1000));
  CHECK(!allowed({0x1p59, 0x1p-50}, 1000));
  CHECK(!allowed({0, 0}, 2));  // Sums of these are exact anyway.
}

TEST_CASE("jumps are for windows that overlap much") {
  Random random(1);
  const Values values = Draw(kKinds[1], 6000, random);
  const ColumnShape shape = ShapeOf(values);
  const auto windows = [](std::uint32_t size, std::uint32_t shift) {
    std::vector<Window> all;
    for (std::uint32_t at = 0; at + size <= 6000; at += shift) all.push_back({at, at + size});
    return all;
  };
  CHECK(!AdditionsBeforeJumps(values.size(), shape, windows(20, 4)));
  CHECK(AdditionsBeforeJumps(values.size(), shape, windows(20, 1)) == kNoJumps);
  CHECK(AdditionsBeforeJumps(values.size(), shape, windows(4000, 2)).value_or(kNoJumps) < 100);
  ColumnShape either_sign = shape;
  either_sign.has_negative = true;
  CHECK(AdditionsBeforeJumps(values.size(), either_sign, windows(4000, 2)) == kNoJumps);
}

// With gaps, and through the functions: the choice between the ways of adding up is theirs.
TEST_CASE("sums and means of long windows that slide equal the plain loop to the bit") {
  Random random(7);
  for (const Kind& kind : kKinds) {
    const Values values = Draw(kind, 2500, random);
    Column column;
    TimestampMs t = 0;
    for (const double value : values) {
      t += random() % 100 == 0 ? 600'000 : 15'000;
      column.t.push_back(t);
      column.v.push_back(value);
    }
    for (const DurationMs range : {DurationMs{600'000}, DurationMs{3'600'000}, DurationMs{86'400'000}}) {
      const RangeGrid grid = GridOver(random() % 4'000'000, 60'000 + random() % 60'000, 300, range);
      const WindowSet windows(column.t, grid);
      const Steps sums = Run("sum_over_time", column, grid);
      const Steps means = Run("avg_over_time", column, grid);
      std::size_t wrong = 0;
      for (std::size_t step = 0; step < grid.steps; ++step) {
        const Window window = windows.windows()[step];
        REQUIRE(sums[step].has_value() == !window.empty());
        if (window.empty()) continue;
        const KahanSum slow = SlowSum(std::span(column.v).subspan(window.begin, window.size()));
        const auto count = static_cast<double>(window.size());
        wrong += SameBits(*sums[step], slow.Total()) ? 0 : 1;
        wrong += SameBits(*means[step], slow.sum / count + slow.compensation / count) ? 0 : 1;
      }
      INFO(kind.name << " range " << range);
      CHECK(wrong == 0);
    }
  }
}

}  // namespace
}  // namespace vigia::promql
