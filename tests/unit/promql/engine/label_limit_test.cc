// Short texts that ask for many and long labels, or for joins that meet very often.
#include <chrono>

#include "tests/unit/promql/engine/governed_storage.h"
#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

constexpr const char* kTooLong =
    "error: query processing would make a label value longer than the limit of 1048576 bytes";

void LoadThree(QueryFixture& fixture) {
  for (int i = 0; i < 3; ++i) {
    fixture.storage().Add({{"__name__", "g"}, {"job", "a"}, {"instance", std::to_string(i)}}, 0, i);
  }
}

// Each level doubles the value; the first makes two bytes of one.
std::string Doubled(int levels) {
  std::string text = "g";
  for (int i = 0; i < levels; ++i) {
    const std::string source = i == 0 ? "job" : "a";
    text.insert(0, "label_replace(").append(R"-(, "a", "$1$1", ")-" + source + R"-(", "(.*)"))-");
  }
  return "count(" + text + ")";
}

TEST_CASE("labels that functions make have a length, also where memory has no limit") {
  QueryFixture fixture;
  LoadThree(fixture);
  CHECK(fixture.Instant(Doubled(20), 0) == "{} 3");
  CHECK(fixture.Instant(Doubled(21), 0) == kTooLong);
  CHECK(MetricValue(fixture.registry(), "vigia_query_limit_hits_total", "memory") == 1);
  CHECK(MetricValue(fixture.registry(), "vigia_query_limit_hits_total", "samples") == 0);
  CHECK(fixture.Instant(Doubled(60), 0) == kTooLong);

  std::string join = "label_join(g, \"d\", \"" + std::string(20'000, 'x') + '"';
  for (int i = 0; i < 5000; ++i) join += R"(, "job")";
  CHECK(fixture.Instant(join + ")", 0) == kTooLong);
  CHECK(fixture.Instant(R"(label_join(g{instance="1"}, "d", "-", "job", "instance"))", 0) ==
        R"(g{d="a-1", instance="1", job="a"} 1)");
}

TEST_CASE("labels that functions make are memory of the query") {
  EngineOptions options;
  options.max_memory_bytes = 2'000'000;
  QueryFixture fixture(options);
  LoadThree(fixture);
  CHECK(fixture.Instant(Doubled(18), 0) == "{} 3");
  const std::string too_much =
      "error: query processing would need more memory than the limit of 2000000 bytes for all running queries allows";
  CHECK(fixture.Instant(Doubled(20), 0) == too_much);  // Three values of a mebibyte.
  std::string join = "label_join(g, \"d\", \"" + std::string(900'000, 'x') + R"(", "job", "instance"))";
  CHECK(fixture.Instant(join, 0) == too_much);
  CHECK(fixture.engine().memory_bytes() == 0);
}

// Series a only at 0 s, series b only at 600 s: all of them meet in one signature, and no two at the same step.
void LoadStrangers(QueryFixture& fixture, int each) {
  for (int i = 0; i < each; ++i) {
    fixture.storage().Add({{"__name__", "a"}, {"i", std::to_string(i)}}, 0, i);
    fixture.storage().Add({{"__name__", "b"}, {"j", std::to_string(i)}}, 600 * kSecond, i);
  }
}

TEST_CASE("label sets of a join are memory of the query") {
  constexpr std::uint64_t kPairs = 300ull * 300;
  const std::string text = "count(a * on () group_left (j) b)";
  {
    QueryFixture fixture;
    LoadStrangers(fixture, 300);
    const auto result = fixture.Run(text, 0, 600 * kSecond, 600 * kSecond);
    REQUIRE(result.has_value());
    CHECK(std::get<Matrix>(result->value).empty());
    CHECK(result->stats.peak_bytes > kPairs * sizeof(storage::Labels));
  }
  EngineOptions options;
  options.max_memory_bytes = 8'000'000;
  QueryFixture fixture(options);
  LoadStrangers(fixture, 300);
  CHECK(
      fixture.Range(text, 0, 600 * kSecond, 600 * kSecond) ==
      "error: query processing would need more memory than the limit of 8000000 bytes for all running queries allows");
  CHECK(fixture.Range("count(a * on () group_left () b)", 0, 600 * kSecond, 600 * kSecond).empty());
}

TEST_CASE("a join where all meet all ends in time") {
  using std::chrono::milliseconds;
  using std::chrono::steady_clock;
  QueryFixture fixture;
  LoadStrangers(fixture, 3000);
  for (const char* text : {"count(a * on () group_left () b)", "count(a * on () group_left (j) b)"}) {
    for (const int timeout_ms : {20, 400, 1500}) {
      INFO(text << " within " << timeout_ms << " ms");
      QueryRequest request;
      request.text = text;
      request.end_ms = request.step_ms = 600 * kSecond;
      request.timeout_ms = timeout_ms;
      const auto start = steady_clock::now();
      const auto result = fixture.engine().Execute(request);
      CHECK(steady_clock::now() - start < milliseconds(timeout_ms) + milliseconds(1000));
      if (timeout_ms == 20) REQUIRE(!result);
      if (!result) CHECK(result.error().code == storage::Errc::kTimeout);
    }
  }
}

}  // namespace
}  // namespace vigia::promql
