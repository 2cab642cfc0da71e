// What queries count: the cases of Prometheus' engine test (promql/engine_test.go, TestQueryStatistics and
// TestMaxQuerySamples), with ends that are steps: Prometheus evaluates subqueries up to the end that was asked for,
// which shows in its peak only.
#include <tuple>

#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

struct Case {
  const char* text;
  TimestampMs start_s;
  TimestampMs end_s;
  storage::DurationMs step_s;  // 0 = instant.
  std::uint64_t total;
  std::uint64_t peak;
};

constexpr Case Instant(const char* text, TimestampMs at_s, std::uint64_t total, std::uint64_t peak) {
  return {text, at_s, at_s, 0, total, peak};
}

// Counts as 13 samples.
storage::HistogramPtr SomeHistogram() {
  storage::FloatHistogram h;
  h.schema = 1;
  h.count = 5;
  h.sum = 20;
  h.positive_spans = {{0, 4}};
  h.positive_buckets = {1, 2, 1, 1};
  return std::make_shared<const storage::FloatHistogram>(std::move(h));
}

// `one`, `two`, `three` are as many series, all with a sample every 10 s from 0 to 1000 s; `histogram` is one of them.
void Load(QueryFixture& fixture) {
  std::vector<double> values;
  for (int i = 1; i <= 101; ++i) values.push_back(i);
  fixture.storage().AddEvery({{"__name__", "one"}}, 10 * kSecond, values);
  for (const char* a : {"1", "2"}) fixture.storage().AddEvery({{"__name__", "two"}, {"a", a}}, 10 * kSecond, values);
  for (const auto& [a, b] : {std::pair("1", "1"), std::pair("2", "2"), std::pair("3", "2")}) {
    fixture.storage().AddEvery({{"__name__", "three"}, {"a", a}, {"b", b}}, 10 * kSecond, values);
  }
  for (int i = 0; i <= 100; ++i) {
    fixture.storage().Add({{"__name__", "histogram"}}, i * 10 * kSecond, 0, SomeHistogram());
  }
}

void Check(const Case& c) {
  INFO(c.text << " at " << c.start_s);
  const auto run = [&](std::uint64_t max_samples) {
    EngineOptions options;
    options.max_samples = max_samples;
    QueryFixture fixture(options);
    Load(fixture);
    return c.step_s == 0 ? fixture.Run(c.text, c.start_s * kSecond)
                         : fixture.Run(c.text, c.start_s * kSecond, c.end_s * kSecond, c.step_s * kSecond);
  };
  const auto result = run(10'000);
  REQUIRE(result.has_value());
  CHECK(result->stats.total_samples == c.total);
  CHECK(result->stats.peak_samples == c.peak);
  CHECK(run(c.peak).has_value());
  CHECK_FALSE(run(c.peak - 1).has_value());
}

TEST_CASE("samples and peak of instant queries") {
  for (const Case& c : {
           Instant("one[60s]", 201, 6, 6),
           Instant("max_over_time(one[60s])[20s:5s]", 201, 24, 10),
           Instant("max_over_time(one[61s])[20s:5s]", 201, 26, 11),
           Instant("one[60s] @ 30", 201, 4, 4),
           Instant("sum(max_over_time(three[60s] @ 30))", 201, 12, 7),
           Instant("sum by (b) (max_over_time(three[60s] @ 30))", 201, 12, 7),
           Instant("one[60s] offset 10s", 201, 6, 6),
           Instant("three[60s]", 201, 18, 18),
           Instant("max_over_time(one[60s])", 201, 6, 7),
           Instant("absent_over_time(one[60s])", 201, 6, 7),
           Instant("max_over_time(three[60s])", 201, 18, 9),
           Instant("one[60s:5s]", 201, 12, 12),
           Instant("one[60s:5s] offset 10s", 201, 12, 12),
           Instant("max_over_time(three[60s:5s])", 201, 36, 51),
       }) {
    Check(c);
  }
}

TEST_CASE("samples and peak of range queries") {
  for (const Case& c : {
           Case{"three{a=\"1\"}", 201, 220, 5, 4, 4},
           Case{"three{a=\"1\"}", 204, 223, 5, 4, 4},
           Case{"timestamp(one)", 201, 220, 5, 4, 5},
           Case{"max_over_time(three{a=\"1\"}[10s])", 991, 1021, 10, 2, 2},
           Case{"three{a=\"1\"} offset 10s", 201, 220, 5, 4, 4},
           Case{"max_over_time(three[60s] @ 30)", 201, 220, 5, 48, 12},
           Case{"three", 201, 220, 5, 12, 12},
           Case{"max_over_time(three[60s])", 201, 220, 5, 72, 18},
           Case{"max_over_time(three[60s:5s])", 201, 216, 5, 144, 69},
           Case{"max_over_time(one[60s:5s])", 201, 216, 5, 48, 31},
           Case{"sum by (b) (max_over_time(one[60s:5s]))", 201, 216, 5, 48, 31},
       }) {
    Check(c);
  }
}

TEST_CASE("histograms count by their size") {
  for (const Case& c : {
           Instant("histogram", 21, 13, 13),
           Instant("histogram[60s]", 201, 78, 78),
           Instant("histogram[60s:5s]", 201, 156, 156),
           Instant("count_over_time(histogram[60s])", 201, 78, 79),
           // The sums are in the groups; what is held is what came in.
           Instant("sum(histogram)", 201, 13, 13),
           // Count and sum only: 11 samples, and the result.
           Instant("histogram_count(histogram)", 201, 11, 23),
           Case{"histogram", 201, 220, 5, 52, 52},
           Case{"timestamp(histogram)", 201, 220, 5, 4, 5},
       }) {
    Check(c);
  }
}

TEST_CASE("samples held by step-invariant and nested subqueries") {
  for (const auto& [text, start_s, end_s, step_s, needed] : {
           std::tuple("rate(two[1s])", 0, 10, 5, 1),
           std::tuple("one @ 10", 0, 10, 5, 3),
           // 20 of the subquery, 10 of a series' window, 2 results.
           std::tuple("rate(two[10s:1s] @ 10)", 0, 10, 5, 32),
           std::tuple("rate(rate(two[10s:1s] @ 10)[100s:25s] @ 1000)[100s:20s] @ 2000", 10, 10, 0, 32),
           // The outermost subquery gives 17 for each series.
           std::tuple("rate(rate(two[10s:1s] @ 10)[100s:25s] @ 1000)[17s:1s] @ 2000", 10, 10, 0, 34),
       }) {
    INFO(text);
    const auto run = [&, text = text, start_s = start_s, end_s = end_s, step_s = step_s](int max_samples) {
      EngineOptions options;
      options.max_samples = static_cast<std::uint64_t>(max_samples);
      QueryFixture fixture(options);
      Load(fixture);
      return step_s == 0 ? fixture.Run(text, start_s * kSecond)
                         : fixture.Run(text, start_s * kSecond, end_s * kSecond, step_s * kSecond);
    };
    CHECK(run(needed).has_value());
    CHECK_FALSE(run(needed - 1).has_value());
  }
}

}  // namespace
}  // namespace vigia::promql
