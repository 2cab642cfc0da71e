#include "server/api/retention_api.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;
using nlohmann::json;

namespace {

constexpr storage::DurationMs kDay = 86'400'000;

// Counts ten bytes more for each policy after the other.
Response Ask(const std::vector<std::string>& policies) {
  RetentionApiDeps deps;
  deps.policies = [] { return std::vector<RetentionPolicyStatus>{{"up", {}, 2 * kDay, 0, 0, 0}}; };
  deps.time_ms = [] { return 15 * kDay; };
  deps.measure = [](std::vector<RetentionPolicyStatus> of) {
    of.emplace_back();
    std::uint64_t n = 0;
    for (auto& policy : of) {
      policy.series = ++n;
      policy.bytes = n * 10;
      policy.expired_bytes = n;
    }
    return storage::Result<std::vector<RetentionPolicyStatus>>(std::move(of));
  };
  Router router;
  RegisterRetentionApi(router, std::move(deps));
  Request request;
  request.method = "GET";
  request.path = "/api/v1/status/retention";
  for (const auto& policy : policies) request.params.Add("policy", policy);
  return (*router.Find("GET", request.path).handler)(request);
}

}  // namespace

TEST_CASE("retention shows the policies in force") {
  const json body = json::parse(Ask({}).body);
  CHECK(body["data"] == json::parse(R"({
    "policies": [{"match": "up", "time": "2d", "series": 1, "bytes": 10, "expiredBytes": 1}],
    "rest": {"time": "15d", "series": 2, "bytes": 20, "expiredBytes": 2}})"));
}

TEST_CASE("other policies can be tried") {
  const json body = json::parse(Ask({"36h go_info{a=\"b c\"}", "1y {x=~\".+\"}"}).body);
  const json& policies = body["data"]["policies"];
  REQUIRE(policies.size() == 2);
  CHECK(policies[0]["match"] == "go_info{a=\"b c\"}");
  CHECK(policies[0]["time"] == "1d12h");
  CHECK(policies[1]["bytes"] == 20);
  CHECK(body["data"]["rest"]["bytes"] == 30);
}

TEST_CASE("policies that make no sense are refused") {
  CHECK(Ask({"1d"}).status == 400);
  CHECK(Ask({"x up"}).status == 400);
  CHECK(Ask({"0s up"}).status == 400);
  CHECK(Ask({"1d up{"}).status == 400);
  CHECK(json::parse(Ask({"1d up{"}).body)["errorType"] == "bad_data");
}
