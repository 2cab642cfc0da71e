#include "promql/engine/top_queries.h"

#include "tests/unit/promql/engine/governed_storage.h"
#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

QueryStats Cost(double seconds, std::uint64_t samples = 0) {
  QueryStats stats;
  stats.total_seconds = seconds;
  stats.total_samples = samples;
  return stats;
}

storage::Clock At(storage::TimestampMs now_ms) {
  return [now_ms] { return now_ms; };
}

constexpr auto kOk = TopQueries::Outcome::kSucceeded;
constexpr auto kFailed = TopQueries::Outcome::kFailed;

TEST_CASE("costs of one text are added up") {
  TopQueries top(10, At(7));
  CHECK_FALSE(top.Add("a", Cost(1, 10), {}, kOk));
  CHECK_FALSE(top.Add("a", Cost(3, 20), {}, kFailed));
  CHECK_FALSE(top.Add("b", Cost(2, 100), {}, kOk));
  const auto by_seconds = top.List(10, TopOrder::kSeconds);
  REQUIRE(by_seconds.size() == 2);
  CHECK(by_seconds[0].text == "a");
  CHECK(by_seconds[0].count == 2);
  CHECK(by_seconds[0].errors == 1);
  CHECK(by_seconds[0].total_seconds == 4);
  CHECK(by_seconds[0].max_seconds == 3);
  CHECK(by_seconds[0].samples == 30);
  CHECK(by_seconds[0].last_ms == 7);
  CHECK(top.List(10, TopOrder::kSamples)[0].text == "b");
  CHECK(top.List(1, TopOrder::kCount).size() == 1);
}

TEST_CASE("a full table lets the cheapest go, and what costs most stays") {
  TopQueries top(2, At(0));
  top.Add("cheap", Cost(1), {}, kOk);
  top.Add("dear", Cost(100), {}, kOk);
  CHECK(top.Add("new", Cost(2), {}, kOk));
  auto list = top.List(10, TopOrder::kSeconds);
  REQUIRE(list.size() == 2);
  CHECK(list[0].text == "dear");
  CHECK(list[1].text == "new");
  CHECK(list[1].total_seconds == 2);  // What the one before it cost is not shown as its own.
  // A query that comes again and again outlives a stream of others that come once.
  for (int i = 0; i < 100; ++i) top.Add("once" + std::to_string(i), Cost(0.5), {}, kOk);
  CHECK(top.List(10, TopOrder::kSeconds)[0].text == "dear");
}

TEST_CASE("long texts take bounded room and are kept apart") {
  TopQueries top(10, At(0));
  const std::string beginning(TopQueries::kMaxTextBytes, 'x');
  top.Add(beginning + "1", Cost(1), {}, kOk);
  top.Add(beginning + "2", Cost(1), {}, kOk);
  const auto list = top.List(10, TopOrder::kSeconds);
  REQUIRE(list.size() == 2);
  CHECK(list[0].text.size() == TopQueries::kMaxTextBytes + 3);
}

TEST_CASE("the engine adds up by normalised text and counts evictions") {
  EngineOptions options;
  options.top_queries = 1;
  QueryFixture fixture(options);
  REQUIRE(fixture.Run("sum  by(a)( x )", 0).has_value());
  REQUIRE(fixture.Run("sum by (a) (x)", 0).has_value());
  const auto list = fixture.engine().top().List(10, TopOrder::kSeconds);
  REQUIRE(list.size() == 1);
  CHECK(list[0].text == "sum by (a) (x)");
  CHECK(list[0].count == 2);
  REQUIRE(fixture.Run("y", 0).has_value());
  CHECK(MetricValue(fixture.registry(), "vigia_query_top_evictions_total") == 1);
}

}  // namespace
}  // namespace vigia::promql
