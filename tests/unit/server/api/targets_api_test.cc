#include "server/api/targets_api.h"

#include <nlohmann/json.hpp>

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
