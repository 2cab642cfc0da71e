#include "server/api/targets_api.h"

#include <nlohmann/json.hpp>

#include "config/schema/config.h"
#include "tests/support/catch.h"
#include "tests/support/memory_storage.h"

using namespace vigia;
using namespace vigia::server;
using nlohmann::json;

namespace {

struct Api {
  Api() : manager({}, memory, registry, Logger::Silent(), [] { return storage::TimestampMs{0}; }) {
    RegisterTargetsApi(router, {manager, "http://localhost:9090", 9090, [] {
                                  std::vector<MetricMetadata> out(2);
                                  out[0].metric = "a";
                                  out[1].metric = "b";
                                  return out;
                                }});
  }
  json Get(const std::string& path, const std::string& name, const std::string& value, int status) {
    Request request;
    request.method = "GET";
    request.params.Add(name, value);
    const Response response = (*router.Find("GET", "/api/v1/" + path).handler)(request);
    CHECK(response.status == status);
    return json::parse(response.body);
  }
  tests::MemoryStorage memory;
  storage::Registry registry;
  ScrapeManager manager;
  Router router;
};

}  // namespace

// Texts and statuses are what Prometheus 3.5.3 answers.
TEST_CASE("limits of metadata are integers, and below 0 none") {
  Api api;
  CHECK(api.Get("metadata", "limit", "1", 200)["data"].size() == 1);
  CHECK(api.Get("metadata", "limit", "+1", 200)["data"].size() == 1);
  CHECK(api.Get("metadata", "limit", "-1", 200)["data"].size() == 2);
  CHECK(api.Get("metadata", "limit_per_metric", "-1", 200)["data"].size() == 2);
  CHECK(api.Get("metadata", "limit", "x", 400)["error"] == "limit must be a number");
  CHECK(api.Get("metadata", "limit_per_metric", "x", 400)["error"] == "limit_per_metric must be a number");
  CHECK(api.Get("targets/metadata", "limit", "-1", 200)["data"] == json::array());
  CHECK(api.Get("targets/metadata", "limit", "x", 400)["error"] == "limit must be a number");
}

TEST_CASE("the state is taken in any case, and dropped targets of all pools are counted") {
  Api api;
  const auto config = config::ParseConfig("scrape_configs: [{job_name: a}, {job_name: b}]", "c.yml");
  REQUIRE(api.manager.Apply(config.value()).has_value());
  const json all = {{"a", 0}, {"b", 0}};
  for (const char* state : {"dropped", "DROPPED", "Dropped", "any", "ANY", ""}) {
    INFO(state);
    CHECK(api.Get("targets", "state", state, 200)["data"]["droppedTargetCounts"] == all);
  }
  CHECK(api.Get("targets", "state", "ACTIVE", 200)["data"]["droppedTargetCounts"] == nullptr);
  CHECK(api.Get("targets", "state", "foo", 200)["data"]["droppedTargetCounts"] == nullptr);
  CHECK(api.Get("targets", "scrapePool", "a", 200)["data"]["droppedTargetCounts"] == all);
}

TEST_CASE("what only reads takes no POST") {
  Api api;
  for (const char* path : {"targets", "targets/metadata", "metadata", "scrape_pools", "scrape_pools/config"}) {
    INFO(path);
    const auto match = api.router.Find("POST", std::string("/api/v1/") + path);
    CHECK(match.handler == nullptr);
    CHECK(match.allowed_methods == std::vector<std::string>{"GET"});
  }
}

TEST_CASE("match_target may select every target") {
  Api api;
  CHECK(api.Get("targets/metadata", "match_target", "{job=~\".*\"}", 200)["data"] == json::array());
  CHECK(api.Get("targets/metadata", "match_target", "{}", 200)["data"] == json::array());
  CHECK(api.Get("targets/metadata", "match_target", "up{", 400)["error"] ==
        "invalid parameter \"match_target\": 1:4: parse error: unexpected end of input inside braces");
}
