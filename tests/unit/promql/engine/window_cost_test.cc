// What a query costs does not depend on the length of its windows as long as they cover the same samples.
#include <algorithm>
#include <cmath>
#include <ctime>
#include <limits>
#include <string>
#include <vector>

#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

constexpr int kSteps = 1000;
constexpr storage::DurationMs kHour = 60 * kMinute;
constexpr storage::DurationMs kStep = 30 * kSecond;

double CpuSeconds() {
  timespec now{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// Samples every 15 s up to `end_ms`: `x` has whole numbers, `f` two decimals, `d` all digits that a double has; `c`
// counts and begins anew now and then.
void Load(QueryFixture& fixture, int series, storage::TimestampMs end_ms) {
  for (int s = 0; s < series; ++s) {
    const std::string name = std::to_string(s);
    for (int i = 1; i * 15 * kSecond <= end_ms; ++i) {
      const int number = (i * 7919 + s * 104729) % 10'000;
      const auto add = [&](const char* metric, double value) {
        fixture.storage().Add({{"__name__", metric}, {"s", name}}, i * 15 * kSecond, value);
      };
      add("x", number);
      add("f", number / 100.0);
      add("d", std::sin(number) + 2);
      add("c", i % 1000 * 3 + s);
    }
  }
}

struct Cost {
  double seconds = std::numeric_limits<double>::infinity();  // The least of all runs.
  QueryStats stats;
};

// kSteps steps up to `end_ms`.
void RunOnce(QueryFixture& fixture, const std::string& text, storage::TimestampMs end_ms, storage::DurationMs step_ms,
             Cost& cost) {
  const double start = CpuSeconds();
  const auto result = fixture.Run(text, end_ms - (kSteps - 1) * step_ms, end_ms, step_ms);
  cost.seconds = std::min(cost.seconds, CpuSeconds() - start);
  REQUIRE(result.has_value());
  REQUIRE(!std::get<Matrix>(result->value).empty());
  cost.stats = result->stats;
}

// Whatever else the machine does only adds: the least of many runs in turn comes near what the work takes.
template <class Hour, class Day>
void Compare(double most, const Hour& run_hour, const Day& run_day) {
  Cost hour;
  Cost day;
  for (int round = 0; round < 100 && (round < 5 || day.seconds >= most * hour.seconds); ++round) {
    run_hour(hour);
    run_day(day);
  }
  CHECK(day.stats.samples_read == hour.stats.samples_read);
  CHECK(day.stats.total_samples > 4 * hour.stats.total_samples);  // Prometheus' count, which goes by windows.
  CHECK(day.seconds < most * hour.seconds);
}

EngineOptions WithoutCache() {
  EngineOptions options;
  options.range_cache_bytes = 0;
  return options;
}

// From the first window of an hour to the last step: a window of a day finds no other samples.
TEST_CASE("windows of a day cost what windows of an hour cost") {
  QueryFixture fixture(WithoutCache());
  const storage::TimestampMs end = kHour + (kSteps - 1) * kStep;
  Load(fixture, 10, end);
  for (const std::string call :
       {"avg_over_time(x", "sum_over_time(x", "avg_over_time(f", "sum_over_time(f", "avg_over_time(d",
        "max_over_time(x", "rate(c", "changes(x", "stddev_over_time(f", "deriv(f"}) {
    INFO(call);
    Compare(
        1.3, [&](Cost& cost) { RunOnce(fixture, call + "[1h])", end, kStep, cost); },
        [&](Cost& cost) { RunOnce(fixture, call + "[1d])", end, kStep, cost); });
  }
}

// Windows of a day that leave a sample behind for each that they meet; those of an hour go over the same samples, since
// their steps are longer. They hold a 24th of the samples. Sums of values that are no whole numbers take a jump more
// for each doubling of a window, and so cost somewhat more.
TEST_CASE("windows of a day that slide cost about what windows of an hour cost") {
  QueryFixture fixture(WithoutCache());
  const storage::TimestampMs end = 24 * kHour + (kSteps - 1) * kStep;
  const storage::DurationMs long_step = (end - kHour) / (kSteps - 1) + 1;
  Load(fixture, 3, end);
  const auto compare = [&](const std::string& call, double most) {
    INFO(call);
    Compare(
        most, [&](Cost& cost) { RunOnce(fixture, call + "[1h])", end, long_step, cost); },
        [&](Cost& cost) { RunOnce(fixture, call + "[1d])", end, kStep, cost); });
  };
  for (const char* call : {"avg_over_time(x", "max_over_time(x", "rate(c", "changes(x"}) compare(call, 1.3);
  for (const char* call : {"avg_over_time(f", "sum_over_time(f", "avg_over_time(d", "quantile_over_time(0.9, f"}) {
    compare(call, 3);
  }
}

}  // namespace
}  // namespace vigia::promql
