#include "promql/engine/active_queries.h"

#include <optional>
#include <thread>

#include "promql/engine/engine.h"
#include "tests/support/catch.h"
#include "tests/unit/promql/engine/governed_storage.h"

namespace vigia::promql {
namespace {

QueryRequest Request(std::string text) {
  QueryRequest request;
  request.text = std::move(text);
  request.start_ms = request.end_ms = 2000;
  return request;
}

std::vector<ActiveQuery> WaitForList(Engine& engine, std::size_t size) {
  while (true) {
    std::vector<ActiveQuery> list = engine.active().List();
    if (list.size() >= size) return list;
    std::this_thread::yield();
  }
}

struct Governed {
  explicit Governed(EngineOptions options) : engine(std::move(options), storage, registry) {}
  GovernedStorage storage;
  storage::Registry registry;
  Engine engine;
};

EngineOptions OneAtATime() {
  EngineOptions options;
  options.max_concurrency = 1;
  return options;
}

TEST_CASE("running and waiting queries are listed with who sent them and how old they are") {
  std::atomic<storage::TimestampMs> now_ms = 10'000;
  EngineOptions options = OneAtATime();
  options.clock = [&now_ms] { return now_ms.load(); };
  Governed t(std::move(options));
  bool first_is_good = false;
  std::thread first([&] {
    QueryRequest request = Request("sum(x)");
    request.end_ms = 4000;
    request.step_ms = 1000;
    request.origin.kind = OriginKind::kRule;
    request.origin.rule_file = "a.yml";
    request.origin.rule_group = "g";
    first_is_good = t.engine.Execute(request).has_value();
  });
  t.storage.WaitUntilEntered();
  bool second_is_good = false;  // Catch2 checks in one thread only.
  std::thread second([&] { second_is_good = t.engine.Execute(Request("x")).has_value(); });
  WaitForList(t.engine, 2);
  now_ms = 12'500;
  const auto list = t.engine.active().List();
  REQUIRE(list.size() == 2);
  CHECK(list[0].text == "sum(x)");
  CHECK(list[0].state == QueryState::kRunning);
  CHECK(list[0].since_ms == 10'000);
  CHECK(list[0].age_ms == 2'500);
  CHECK(list[0].start_ms == 2000);
  CHECK(list[0].end_ms == 4000);
  CHECK(list[0].step_ms == 1000);
  CHECK(list[0].origin.rule_group == "g");
  CHECK(list[1].text == "x");
  CHECK(list[1].state == QueryState::kQueued);
  CHECK(list[1].id != list[0].id);
  t.storage.Open();
  first.join();
  CHECK(first_is_good);
  second.join();
  CHECK(second_is_good);
  CHECK(t.engine.active().List().empty());
}

TEST_CASE("a running query is cancelled by its id") {
  Governed t({});
  std::optional<storage::Error> error;
  std::thread victim([&] {
    const auto result = t.engine.Execute(Request("sum(x)"));
    if (!result) error = result.error();
  });
  t.storage.WaitUntilEntered();
  const auto list = WaitForList(t.engine, 1);
  CHECK_FALSE(t.engine.active().Cancel(list[0].id + 1));
  CHECK(t.engine.active().Cancel(list[0].id));
  t.storage.Open();
  victim.join();
  REQUIRE(error);
  CHECK(error->code == storage::Errc::kCancelled);
  CHECK(error->what == "query was canceled in expression evaluation");
  CHECK(MetricValue(t.registry, "vigia_queries_canceled_total") == 1);
  CHECK_FALSE(t.engine.active().Cancel(list[0].id));
}

TEST_CASE("a waiting query is cancelled while the one before it still runs") {
  Governed t(OneAtATime());
  bool first_is_good = false;  // Catch2 checks in one thread only.
  std::thread first([&] { first_is_good = t.engine.Execute(Request("x")).has_value(); });
  t.storage.WaitUntilEntered();
  std::optional<storage::Error> error;
  std::thread second([&] {
    const auto result = t.engine.Execute(Request("x"));
    if (!result) error = result.error();
  });
  const auto list = WaitForList(t.engine, 2);
  CHECK(t.engine.active().Cancel(list[1].id));
  second.join();
  REQUIRE(error);
  CHECK(error->what == "query was canceled in query queue");
  t.storage.Open();
  first.join();
  CHECK(first_is_good);
}

TEST_CASE("who sent a query can still cancel it") {
  Governed t({});
  std::stop_source gone;
  gone.request_stop();
  QueryRequest request = Request("x");
  request.cancel = gone.get_token();
  t.storage.Open();
  const auto result = t.engine.Execute(request);
  REQUIRE(!result);
  CHECK(result.error().code == storage::Errc::kCancelled);
}

TEST_CASE("no more queries wait than may") {
  EngineOptions options = OneAtATime();
  options.max_queued = 0;
  Governed t(std::move(options));
  bool first_is_good = false;  // Catch2 checks in one thread only.
  std::thread first([&] { first_is_good = t.engine.Execute(Request("x")).has_value(); });
  t.storage.WaitUntilEntered();
  const auto result = t.engine.Execute(Request("x"));
  REQUIRE(!result);
  CHECK(result.error().code == storage::Errc::kTimeout);
  CHECK(result.error().what == "query queue is full: 0 queries are waiting");
  CHECK(MetricValue(t.registry, "vigia_query_limit_hits_total", "queue_full") == 1);
  t.storage.Open();
  first.join();
  CHECK(first_is_good);
}

TEST_CASE("long texts are listed by their beginning") {
  Governed t({});
  const std::string text = "x or " + std::string(ActiveQueries::kMaxListedBytes, ' ') + "x";
  bool query_is_good = false;  // Catch2 checks in one thread only.
  std::thread query([&] { query_is_good = t.engine.Execute(Request(text)).has_value(); });
  t.storage.WaitUntilEntered();
  CHECK(WaitForList(t.engine, 1)[0].text.size() == ActiveQueries::kMaxListedBytes + 3);
  t.storage.Open();
  query.join();
  CHECK(query_is_good);
}

}  // namespace
}  // namespace vigia::promql
