#include "server/api/active_queries_api.h"

#include <thread>

#include <nlohmann/json.hpp>

#include "server/api/query_api.h"
#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"
#include "tests/unit/promql/engine/governed_storage.h"

using namespace vigia;
using namespace vigia::server;
using nlohmann::json;

namespace {

enum class Cancelling { kOff, kOn };

class Api {
 public:
  explicit Api(Cancelling cancelling = Cancelling::kOn) : engine_(Options(), storage_, registry_) {
    RegisterQueryApi(router_, {engine_, [] { return storage::TimestampMs{2000}; }});
    RegisterActiveQueriesApi(router_, {engine_, cancelling == Cancelling::kOn});
  }

  Response Send(const std::string& method, const std::string& path,
                const std::vector<std::pair<std::string, std::string>>& params = {}) {
    Request request;
    request.method = method;
    request.path = path;
    request.client_ip = "10.0.0.9";
    request.headers.Add("X-Dashboard-Uid", "dash1");
    request.headers.Add("X-Panel-Id", "4");
    request.headers.Add("Authorization", "Bearer secret");
    for (const auto& [name, value] : params) request.params.Add(name, value);
    const Router::Match match = router_.Find(method, path);
    REQUIRE(match.handler != nullptr);
    request.path_args = match.args;
    return (*match.handler)(request);
  }
  json Get(const std::string& path, const std::vector<std::pair<std::string, std::string>>& params = {}) {
    return json::parse(Send("GET", path, params).body);
  }
  promql::GovernedStorage& storage() { return storage_; }

 private:
  static promql::EngineOptions Options() {
    promql::EngineOptions options;
    options.clock = [] { return storage::TimestampMs{5000}; };
    options.per_step_stats = true;
    return options;
  }
  promql::GovernedStorage storage_;
  storage::Registry registry_;
  promql::Engine engine_;
  Router router_;
};

}  // namespace

TEST_CASE("a running query is listed with its sender and cancelled with a clean error") {
  Api api;
  Response answer;
  std::thread victim([&] { answer = api.Send("GET", "/api/v1/query", {{"query", "sum(x)"}}); });
  api.storage().WaitUntilEntered();
  const json data = api.Get("/api/v1/query/active")["data"];
  REQUIRE(data["queries"].size() == 1);
  const json& query = data["queries"][0];
  CHECK(query["query"] == "sum(x)");
  CHECK(query["state"] == "running");
  CHECK(query["start"] == 2);
  CHECK(query["step"] == 0);
  CHECK(query["since"] == 5);
  CHECK(query["age_seconds"] == 0);
  CHECK(query["origin"]["kind"] == "api");
  CHECK(query["origin"]["client"] == "10.0.0.9");
  CHECK(query["origin"]["headers"] == json({{"X-Dashboard-Uid", "dash1"}, {"X-Panel-Id", "4"}}));
  CHECK(data["max_concurrency"] == 20);
  CHECK(data["memory"]["limit_bytes"] == 0);
  CHECK(api.Send("DELETE", "/api/v1/query/active/" + query["id"].get<std::string>()).status == 204);
  api.storage().Open();
  victim.join();
  CHECK(answer.status == 499);
  CHECK(answer.body ==
        R"({"status":"error","errorType":"canceled","error":"query was canceled in expression evaluation"})");
  CHECK(api.Get("/api/v1/query/active")["data"]["queries"].empty());
}

TEST_CASE("cancelling refuses what is no running query, and everything when it is switched off") {
  Api api;
  CHECK(api.Send("DELETE", "/api/v1/query/active/77").status == 404);
  CHECK(api.Send("DELETE", "/api/v1/query/active/x").status == 400);
  CHECK(api.Send("DELETE", "/api/v1/query/active/1x").status == 400);
  Api off(Cancelling::kOff);
  CHECK(off.Send("DELETE", "/api/v1/query/active/77").status == 500);
}

TEST_CASE("the most expensive queries are listed in the order asked for") {
  Api api;
  api.storage().Open();
  api.Send("GET", "/api/v1/query", {{"query", "sum( x )"}});
  api.Send("GET", "/api/v1/query", {{"query", "sum(x)"}});
  api.Send("GET", "/api/v1/query", {{"query", "x"}});
  const json data = api.Get("/api/v1/query/top", {{"by", "count"}, {"limit", "1"}})["data"];
  REQUIRE(data["queries"].size() == 1);
  CHECK(data["queries"][0]["query"] == "sum(x)");
  CHECK(data["queries"][0]["count"] == 2);
  CHECK(data["queries"][0]["samples"] == 2);
  CHECK(data["queries"][0]["last"] == 5);
  CHECK(data["queries"][0]["last_origin"]["headers"]["X-Panel-Id"] == "4");
  CHECK(data["capacity"] == 1000);
  CHECK(api.Get("/api/v1/query/top")["data"]["queries"].size() == 2);
  CHECK(api.Send("GET", "/api/v1/query/top", {{"by", "beauty"}}).status == 400);
  CHECK(api.Send("GET", "/api/v1/query/top", {{"limit", "-1"}}).status == 400);
}

TEST_CASE("explain shows the plan, or beside the result what its nodes did") {
  Api api;
  // Nothing is read for a plan: the storage is still closed.
  const json plan = api.Get("/api/v1/query", {{"query", "sum by (a) (x)"}, {"explain", "plan"}});
  CHECK(plan["status"] == "success");
  const json& node = plan["data"]["explain"];
  CHECK(node["operator"] == "aggregate");
  CHECK(node["detail"] == "sum by (a)");
  CHECK(node["children"][0]["operator"] == "select");
  CHECK_FALSE(node.contains("series"));
  CHECK(api.Send("GET", "/api/v1/query", {{"query", "x"}, {"explain", "maybe"}}).status == 400);
  CHECK(api.Send("GET", "/api/v1/query", {{"query", "x ++"}, {"explain", "plan"}}).status == 400);
  api.storage().Open();
  const json analysed =
      api.Get("/api/v1/query_range",
              {{"query", "sum by (a) (x)"}, {"start", "0"}, {"end", "2"}, {"step", "1"}, {"explain", "analyze"}});
  CHECK(analysed["data"]["result"][0]["values"].size() == 3);
  const json& select = analysed["data"]["explain"]["children"][0];
  CHECK(select["series"] == 1);
  CHECK(select["samples"] == 3);
  CHECK(select["samples_read"] == 3);
  CHECK(select["total_seconds"].is_number());
}

TEST_CASE("statistics by step come with stats=all") {
  Api api;
  api.storage().Open();
  const auto samples = [&](const std::string& stats) {
    return api.Get(
        "/api/v1/query_range",
        {{"query", "x"}, {"start", "0"}, {"end", "2"}, {"step", "1"}, {"stats", stats}})["data"]["stats"]["samples"];
  };
  CHECK(samples("all")["totalQueryableSamplesPerStep"] == json::parse("[[0,1],[1,1],[2,1]]"));
  CHECK(samples("all")["samplesReadPerStep"] == json::parse("[[0,1],[1,1],[2,1]]"));
  CHECK(samples("all")["samplesRead"] == 3);
  CHECK_FALSE(samples("true").contains("totalQueryableSamplesPerStep"));
  CHECK(samples("true")["totalQueryableSamples"] == 3);
}
