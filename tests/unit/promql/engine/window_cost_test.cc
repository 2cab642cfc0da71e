// What a query costs does not depend on the length of its windows as long as they cover the same samples.
#include <algorithm>
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

// Samples every 15 s from the first window of an hour to the last step: a window of a day finds no others. `x` has
// whole numbers, `c` counts and begins anew now and then.
void Load(QueryFixture& fixture) {
  for (int s = 0; s < 10; ++s) {
    const std::string name = std::to_string(s);
    for (int i = 1; i <= kSteps * 2 + 240; ++i) {
      fixture.storage().Add({{"__name__", "x"}, {"s", name}}, i * 15 * kSecond, (i * 7919 + s * 104729) % 1000);
      fixture.storage().Add({{"__name__", "c"}, {"s", name}}, i * 15 * kSecond, i % 1000 * 3 + s);
    }
  }
}

struct Cost {
  double seconds = std::numeric_limits<double>::infinity();  // The least of all runs.
  QueryStats stats;
};

void RunOnce(QueryFixture& fixture, const std::string& text, Cost& cost) {
  const double start = CpuSeconds();
  const auto result = fixture.Run(text, kHour, kHour + (kSteps - 1) * kStep, kStep);
  cost.seconds = std::min(cost.seconds, CpuSeconds() - start);
  REQUIRE(result.has_value());
  REQUIRE(std::get<Matrix>(result->value).size() == 10);
  cost.stats = result->stats;
}

TEST_CASE("windows of a day cost what windows of an hour cost") {
  EngineOptions options;
  options.range_cache_bytes = 0;
  QueryFixture fixture(options);
  Load(fixture);
  for (const std::string call : {"avg_over_time(x", "sum_over_time(x", "max_over_time(x", "rate(c", "changes(x"}) {
    INFO(call);
    Cost hour;
    Cost day;
    // Whatever else the machine does only adds: the least of many runs in turn comes near what the work takes.
    for (int round = 0; round < 100 && (round < 5 || day.seconds >= 1.3 * hour.seconds); ++round) {
      RunOnce(fixture, call + "[1h])", hour);
      RunOnce(fixture, call + "[1d])", day);
    }
    CHECK(day.stats.samples_read == hour.stats.samples_read);
    CHECK(day.stats.total_samples > 4 * hour.stats.total_samples);  // Prometheus' count, which goes by windows.
    CHECK(day.seconds < 1.3 * hour.seconds);
  }
}

}  // namespace
}  // namespace vigia::promql
