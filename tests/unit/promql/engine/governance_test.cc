// Limits in all, the query log, slow queries, and samples by step.
#include <memory>
#include <vector>

#include "tests/unit/promql/engine/governed_storage.h"
#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

void LoadSeries(QueryFixture& fixture, int series) {
  std::vector<double> values;
  for (int i = 1; i <= 101; ++i) values.push_back(i);
  for (int i = 0; i < series; ++i) {
    fixture.storage().AddEvery({{"__name__", "m"}, {"i", std::to_string(i)}}, 10 * kSecond, values);
  }
}

TEST_CASE("a query that needs more memory than all may have ends with the cause") {
  EngineOptions options;
  options.max_memory_bytes = 100'000;
  QueryFixture fixture(options);
  LoadSeries(fixture, 100);
  REQUIRE(fixture.Run("count(m)", 1000 * kSecond).has_value());
  // 100 series of 101 points of 16 bytes.
  const auto result = fixture.Run("m", 0, 1000 * kSecond, 10 * kSecond);
  REQUIRE(!result);
  CHECK(result.error().code == storage::Errc::kLimit);
  CHECK(result.error().what ==
        "query processing would need more memory than the limit of 100000 bytes for all running queries allows");
  CHECK(MetricValue(fixture.registry(), "vigia_query_limit_hits_total", "memory") == 1);
  CHECK(MetricValue(fixture.registry(), "vigia_query_limit_hits_total", "samples") == 0);
  CHECK(fixture.engine().memory_bytes() == 0);
}

TEST_CASE("memory of a result counts until the result is gone") {
  QueryFixture fixture;
  LoadSeries(fixture, 10);
  {
    const auto result = fixture.Run("m", 0, 1000 * kSecond, 10 * kSecond);
    REQUIRE(result.has_value());
    CHECK(fixture.engine().memory_bytes() >= 10 * 101 * sizeof(FloatPoint));
    CHECK(result->stats.peak_bytes >= 10 * 101 * sizeof(FloatPoint));
  }
  CHECK(fixture.engine().memory_bytes() == 0);
}

TEST_CASE("each limit counts its hits") {
  EngineOptions options;
  options.max_samples = 5;
  QueryFixture fixture(options);
  LoadSeries(fixture, 10);
  CHECK_FALSE(fixture.Run("m", 0).has_value());
  CHECK(MetricValue(fixture.registry(), "vigia_query_limit_hits_total", "samples") == 1);
  CHECK_FALSE(fixture.Run(std::string(kMaxQueryBytes + 1, 'm'), 0).has_value());
  CHECK(MetricValue(fixture.registry(), "vigia_query_limit_hits_total", "text_bytes") == 1);
  QueryRequest request;
  request.text = "m";
  request.timeout_ms = 0;
  CHECK_FALSE(fixture.engine().Execute(request).has_value());
  CHECK(MetricValue(fixture.registry(), "vigia_query_limit_hits_total", "timeout") == 1);
}

class RecordedLog : public QueryLog {
 public:
  storage::Status Write(const FinishedQuery& query) override {
    lines.push_back(query.request.text + (query.error == nullptr ? "" : ": " + query.error->what));
    if (fails) return storage::Error{storage::Errc::kIo, "disk full"};
    return {};
  }
  std::vector<std::string> lines;
  bool fails = false;
};

TEST_CASE("the query log sees queries that parse, and its state is a metric") {
  QueryFixture fixture;
  CHECK(MetricValue(fixture.registry(), "prometheus_engine_query_log_enabled") == 0);
  const auto log = std::make_shared<RecordedLog>();
  fixture.engine().SetQueryLog(log);
  CHECK(MetricValue(fixture.registry(), "prometheus_engine_query_log_enabled") == 1);
  CHECK(fixture.Run("1", 0).has_value());
  CHECK_FALSE(fixture.Run("sum(", 0).has_value());
  CHECK_FALSE(fixture.Run("label_replace(x, \"~\", \"\", \"y\", \"(\")", 0).has_value());
  REQUIRE(log->lines.size() == 2);
  CHECK(log->lines[0] == "1");
  CHECK(log->lines[1].starts_with("label_replace(x, \"~\", \"\", \"y\", \"(\"): "));
  log->fails = true;
  CHECK(fixture.Run("2", 0).has_value());
  CHECK(MetricValue(fixture.registry(), "prometheus_engine_query_log_failures_total") == 1);
  fixture.engine().SetQueryLog(nullptr);
  CHECK(fixture.Run("3", 0).has_value());
  CHECK(log->lines.size() == 3);
  CHECK(MetricValue(fixture.registry(), "prometheus_engine_query_log_enabled") == 0);
}

TEST_CASE("slow queries are told to their listener") {
  for (const storage::DurationMs threshold_ms : {storage::DurationMs{1}, 60 * kMinute}) {
    std::vector<std::string> slow;
    EngineOptions options;
    options.slow_query_ms = threshold_ms;
    options.on_slow_query = [&slow](const FinishedQuery& query) { slow.push_back(query.request.text); };
    QueryFixture fixture(options);
    // 3.6 million points: more than a millisecond and less than an hour on any machine.
    const std::string text = "sum_over_time(vector(1)[1h:1ms])";
    CHECK(fixture.Run(text, 0).has_value());
    CHECK(slow.size() == (threshold_ms == 1 ? 1 : 0));
    CHECK(MetricValue(fixture.registry(), "vigia_slow_queries_total") == static_cast<double>(slow.size()));
  }
}

struct StepCase {
  const char* text;
  TimestampMs start_s;
  TimestampMs end_s;
  storage::DurationMs step_s;
  std::vector<std::uint64_t> total;
  std::vector<std::uint64_t> read;
};

// One series with a sample every 10 s. A sample is read at the first step that sees it (Prometheus' samplesRead).
TEST_CASE("samples are counted by step where that is switched on and asked for") {
  for (const StepCase& c : {
           StepCase{"m", 201, 220, 5, {1, 1, 1, 1}, {1, 1, 1, 1}},
           StepCase{"max_over_time(m[60s])", 201, 220, 5, {6, 6, 6, 6}, {6, 0, 1, 0}},
           StepCase{"max_over_time(m[60s] @ 30)", 201, 220, 5, {4, 4, 4, 4}, {4, 0, 0, 0}},
           // Twelve points in each window; those of 205, 210, 215 are new at the steps after the first. Each is read
           // once from storage and once from the subquery.
           StepCase{"max_over_time(m[60s:5s])", 201, 216, 5, {12, 12, 12, 12}, {24, 2, 2, 2}},
           StepCase{"max_over_time(m[60s:5s])", 201, 201, 0, {12}, {24}},
           StepCase{"max_over_time(m[60s])[20s:5s]", 201, 201, 0, {24}, {8}},
       }) {
    INFO(c.text);
    EngineOptions options;
    options.per_step_stats = true;
    QueryFixture fixture(options);
    LoadSeries(fixture, 1);
    QueryRequest request;
    request.text = c.text;
    request.start_ms = c.start_s * kSecond;
    request.end_ms = c.end_s * kSecond;
    request.step_ms = c.step_s * kSecond;
    const auto plain = fixture.engine().Execute(request);
    REQUIRE(plain.has_value());
    CHECK(plain->stats.total_samples_by_step.empty());
    request.step_stats = true;
    const auto result = fixture.engine().Execute(request);
    REQUIRE(result.has_value());
    CHECK(result->stats.total_samples_by_step == c.total);
    CHECK(result->stats.samples_read_by_step == c.read);
    CHECK(result->stats.first_step_ms == c.start_s * kSecond);
    CHECK(result->stats.total_samples == plain->stats.total_samples);
    CHECK(result->stats.samples_read == plain->stats.samples_read);
  }
}

}  // namespace
}  // namespace vigia::promql
