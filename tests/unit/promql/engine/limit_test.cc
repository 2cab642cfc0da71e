#include <chrono>
#include <future>
#include <thread>

#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

constexpr const char* kTooMany = "error: query processing would load too many samples into memory in query execution";

EngineOptions WithMaxSamples(std::uint64_t max_samples) {
  EngineOptions options;
  options.max_samples = max_samples;
  return options;
}

// The cases of Prometheus' own engine test on max-samples: metric has one sample every 10 s, bigmetric twice that.
void LoadMetrics(QueryFixture& fixture) {
  std::vector<double> one, two;
  for (int i = 1; i <= 101; ++i) {
    one.push_back(i);
    two.push_back(2 * i);
  }
  fixture.storage().AddEvery({{"__name__", "metric"}}, 10 * kSecond, one);
  fixture.storage().AddEvery({{"__name__", "bigmetric"}, {"a", "1"}}, 10 * kSecond, one);
  fixture.storage().AddEvery({{"__name__", "bigmetric"}, {"a", "2"}}, 10 * kSecond, two);
}

void CheckInstantLimit(const std::string& text, TimestampMs at, std::uint64_t needed) {
  INFO(text);
  QueryFixture enough(WithMaxSamples(needed));
  LoadMetrics(enough);
  CHECK(enough.Run(text, at).has_value());
  if (needed == 0) return;
  QueryFixture scarce(WithMaxSamples(needed - 1));
  LoadMetrics(scarce);
  CHECK(scarce.Instant(text, at) == kTooMany);
}

void CheckRangeLimit(const std::string& text, TimestampMs end, std::uint64_t needed) {
  INFO(text);
  QueryFixture enough(WithMaxSamples(needed));
  LoadMetrics(enough);
  CHECK(enough.Run(text, 0, end, 5 * kSecond).has_value());
  QueryFixture scarce(WithMaxSamples(needed - 1));
  LoadMetrics(scarce);
  CHECK(scarce.Range(text, 0, end, 5 * kSecond) == kTooMany);
}

TEST_CASE("max_samples counts what is held at once in instant queries") {
  CheckInstantLimit("1", kSecond, 1);
  CheckInstantLimit("metric", 0, 1);
  CheckInstantLimit("metric[20s]", 10 * kSecond, 2);
  CheckInstantLimit("rate(metric[20s])", 10 * kSecond, 3);
  CheckInstantLimit("metric[20s:5s]", 10 * kSecond, 3);
  CheckInstantLimit("metric[20s] @ 10", 0, 2);
}

TEST_CASE("max_samples counts what is held at once in range queries") {
  CheckRangeLimit("1", 10 * kSecond, 3);
  CheckRangeLimit("metric", 10 * kSecond, 3);
  CheckRangeLimit("bigmetric", 10 * kSecond, 6);
}

TEST_CASE("samples are counted at each step that touches them") {
  QueryFixture fixture;
  LoadMetrics(fixture);
  const auto total = [&](const std::string& text) {
    const auto result = fixture.Run(text, 100 * kSecond, 120 * kSecond, 10 * kSecond);
    REQUIRE(result.has_value());
    return result->stats.total_samples;
  };
  CHECK(total("metric") == 3);
  CHECK(total("sum(bigmetric)") == 6);
  CHECK(total("rate(metric[30s])") == 9);
  CHECK(total("metric @ 100") == 3);
  // Windows of 6 samples at each of 3 steps; what the subquery reads itself does not count.
  CHECK(total("max_over_time(metric[30s:5s])") == 18);
}

TEST_CASE("one kind of row too wide for memory is refused, too") {
  QueryFixture fixture(WithMaxSamples(1000));
  LoadMetrics(fixture);
  CHECK(fixture.Instant("sum_over_time(metric[10y:1ms])", 100 * kSecond) == kTooMany);
}

TEST_CASE("a cancelled query says so") {
  QueryFixture fixture;
  LoadMetrics(fixture);
  std::stop_source source;
  QueryRequest request;
  request.text = "sum(metric)";
  request.cancel = source.get_token();
  source.request_stop();
  const auto result = fixture.engine().Execute(request);
  REQUIRE(!result);
  CHECK(result.error().code == storage::Errc::kCancelled);
}

TEST_CASE("a query past its deadline says so") {
  QueryFixture fixture;
  LoadMetrics(fixture);
  QueryRequest request;
  // 10,000 windows of up to 10,000 samples: far more work than the deadline allows on any machine.
  request.text = "sum_over_time(quantile_over_time(0.5, metric[1d:100ms])[1d:100ms])";
  request.start_ms = request.end_ms = 1000 * kSecond;
  request.timeout_ms = 20;
  const auto start = std::chrono::steady_clock::now();
  const auto result = fixture.engine().Execute(request);
  REQUIRE(!result);
  CHECK(result.error().code == storage::Errc::kTimeout);
  CHECK(result.error().what == "query timed out in expression evaluation");
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(5));
}

TEST_CASE("windows with very many samples are computed in parts, with the same results") {
  QueryFixture fixture;
  LoadMetrics(fixture);
  // Some seven million samples in all windows: more than one kernel call takes.
  const auto result =
      fixture.Run("quantile_over_time(0.5, metric[900s:100ms])", 900 * kSecond, 3'899 * kSecond, kSecond);
  REQUIRE(result.has_value());
  const auto& points = std::get<Matrix>(result->value).at(0).floats;
  const auto at = [&](TimestampMs t) { return fixture.Instant("quantile_over_time(0.5, metric[900s:100ms])", t); };
  CHECK("{} " + FormatPlain(points.front().v) == at(points.front().t));
  CHECK("{} " + FormatPlain(points[1200].v) == at(points[1200].t));
  CHECK("{} " + FormatPlain(points.back().v) == at(points.back().t));
  CHECK(points.size() == 1300);  // From 900 s to 2199 s: the last point of the subquery is at 1299.9 s.
}

TEST_CASE("a long kernel is cancelled while it runs") {
  QueryFixture fixture;
  LoadMetrics(fixture);
  QueryRequest request;
  request.text = "quantile_over_time(0.5, metric[1d:100ms])[1d:100ms]";  // 10,000 windows of up to 10,000 samples.
  request.start_ms = request.end_ms = 1000 * kSecond;
  request.timeout_ms = 20;
  const auto start = std::chrono::steady_clock::now();
  const auto result = fixture.engine().Execute(request);
  REQUIRE(!result);
  CHECK(result.error().code == storage::Errc::kTimeout);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(3));
}

// Storage whose selections wait until the test lets them go on.
class GatedStorage : public storage::Queryable {
 public:
  std::unique_ptr<storage::Querier> NewQuerier(TimestampMs start, TimestampMs end) const override {
    entered_.set_value();
    open_.wait();
    return memory_.NewQuerier(start, end);
  }
  std::future<void> entered() { return entered_.get_future(); }
  void Open() { gate_.set_value(); }

 private:
  tests::MemoryStorage memory_;
  mutable std::promise<void> entered_;
  std::promise<void> gate_;
  std::shared_future<void> open_ = gate_.get_future().share();
};

TEST_CASE("a query that does not get its turn in time says so") {
  GatedStorage storage;
  storage::Registry registry;
  EngineOptions options;
  options.max_concurrency = 1;
  Engine engine(options, storage, registry);
  std::future<void> entered = storage.entered();
  std::thread first([&] {
    QueryRequest request;
    request.text = "x";
    CHECK(engine.Execute(request).has_value());
  });
  entered.wait();
  QueryRequest second;
  second.text = "1";
  second.timeout_ms = 5;
  const auto result = engine.Execute(second);
  REQUIRE(!result);
  CHECK(result.error().code == storage::Errc::kTimeout);
  CHECK(result.error().what == "query timed out in query queue");
  storage.Open();
  first.join();
}

TEST_CASE("the engine counts queries and samples") {
  QueryFixture fixture;
  LoadMetrics(fixture);
  REQUIRE(fixture.Run("sum(bigmetric)", 10 * kSecond).has_value());
  double samples = -1, running = -1, most = -1;
  for (const storage::CollectedFamily& family : fixture.registry().Collect()) {
    if (family.name == "prometheus_engine_query_samples_total") samples = family.points.at(0).value;
    if (family.name == "prometheus_engine_queries") running = family.points.at(0).value;
    if (family.name == "prometheus_engine_queries_concurrent_max") most = family.points.at(0).value;
  }
  CHECK(samples == 2);
  CHECK(running == 0);
  CHECK(most == 20);
}

}  // namespace
}  // namespace vigia::promql
