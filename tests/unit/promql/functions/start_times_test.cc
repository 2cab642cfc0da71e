// Rules: surface.md 4.8, "Start timestamps".
#include "promql/functions/start_times.h"

#include "tests/unit/promql/functions/window_fixture.h"

namespace vigia::promql {
namespace {

TEST_CASE("a start behind the sample before it is a reset") {
  CHECK(IsStartReset({.t = 100, .start = 50}, {.t = 200, .start = 101}));
  CHECK_FALSE(IsStartReset({.t = 100, .start = 50}, {.t = 200, .start = 50}));
  CHECK_FALSE(IsStartReset({.t = 100, .start = 50}, {.t = 200, .start = 0}));
  // At or after its own sample a start says nothing.
  CHECK_FALSE(IsStartReset({.t = 100, .start = 50}, {.t = 200, .start = 200}));
  CHECK_FALSE(IsStartReset({.t = 100, .start = 50}, {.t = 200, .start = 201}));
}

TEST_CASE("a start at the sample before is a reset when that one's start is known") {
  CHECK(IsStartReset({.t = 100, .start = 50}, {.t = 200, .start = 100}));
  CHECK_FALSE(IsStartReset({.t = 100, .start = 0}, {.t = 200, .start = 100}));
  CHECK_FALSE(IsStartReset({.t = 100, .start = 100}, {.t = 200, .start = 100}));
  CHECK_FALSE(IsStartReset({.t = 100, .start = 150}, {.t = 200, .start = 100}));
}

TEST_CASE("an overlap is a start before the sample in front that is not its start, too") {
  CHECK(IsStartOverlap({.t = 100, .start = 50}, {.t = 200, .start = 60}));
  CHECK(IsStartOverlap({.t = 100, .start = 0}, {.t = 200, .start = 60}));
  CHECK_FALSE(IsStartOverlap({.t = 100, .start = 60}, {.t = 200, .start = 60}));
  CHECK_FALSE(IsStartOverlap({.t = 100, .start = 50}, {.t = 200, .start = 100}));
  CHECK_FALSE(IsStartOverlap({.t = 100, .start = 50}, {.t = 200, .start = 0}));
}

TEST_CASE("counting from a start needs no extrapolation on the left") {
  const std::vector<TimestampMs> t{20'000, 30'000, 40'000};
  const WindowSet windows(t, GridAt(45'000, 40'000));  // (5 s, 45 s]
  CHECK(StartWithin(windows, 0, 5'000) == 0);
  CHECK(StartWithin(windows, 0, 5'001) == 5'001);
  CHECK(StartWithin(windows, 0, 19'999) == 19'999);
  CHECK(StartWithin(windows, 0, 20'000) == 0);
  // 30 s are sampled; the end is 5 s away, less than 1.1 gaps.
  CHECK(FactorFromStart(windows, 0, 10'000) == (30.0 + 5.0) / 30.0);
  // 15 s away it is half a gap.
  CHECK(FactorFromStart(WindowSet(t, GridAt(55'000, 50'000)), 0, 10'000) == (30.0 + 5.0) / 30.0);
  // A single sample does not tell how far samples are apart.
  const std::vector<TimestampMs> one{20'000};
  CHECK(FactorFromStart(WindowSet(one, GridAt(45'000, 40'000)), 0, 10'000) == 1.0);
}

TEST_CASE("only steps that see both samples see their overlap") {
  const std::vector<TimestampMs> t{10'000, 20'000, 30'000, 40'000};
  const std::vector<TimestampMs> starts{1'000, 1'000, 15'000, 15'000};
  const WindowSet windows(t, GridOver(20'000, 10'000, 4, 20'000));  // Windows of two samples; the last has one.
  CHECK(StepsWithOverlap(windows, starts) == std::vector<std::size_t>{1});
  CHECK(StepsWithOverlap(windows, {}).empty());
}

TEST_CASE("a kernel takes starts into account where there are any") {
  const Column column = Every(10'000, {3, 7, 8});
  const std::vector<TimestampMs> starts{-5'000, 9'000, 9'000};
  const WindowSet windows(column.t, GridAt(20'000, 30'000));  // (-10 s, 20 s]
  const auto run = [&](std::string_view name, std::span<const TimestampMs> known) {
    RangeInput input{.values = column.v, .windows = windows, .scalars = {}, .starts = known};
    double value = 0;
    std::uint8_t valid = 0;
    RangeScratch scratch;
    REQUIRE(FindRangeFunction(name)->kernel(input, scratch, {{&value, 1}, {&valid, 1}}).has_value());
    REQUIRE(valid == 1);
    return value;
  };
  CHECK(run("resets", starts) == 1);
  CHECK(run("resets", {}) == 0);
  CHECK(run("changes", starts) == 2);
  CHECK(run("irate", starts) == 0.1);
  CHECK(run("increase", starts) == 8 - 3 + 3 + 3);  // The reset, and what was counted from -5 s on.
  CHECK(run("rate", starts) == 11 * (1.0 / 30.0));
  CHECK(run("delta", starts) == run("delta", {}));
}

}  // namespace
}  // namespace vigia::promql
