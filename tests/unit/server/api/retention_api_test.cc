#include "server/api/retention_api.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;
using nlohmann::json;

namespace {

constexpr storage::DurationMs kDay = 86'400'000;

// Counts ten bytes more for each policy after the other.
Response Ask(const std::vector<std::string>& policies, const std::vector<std::string>& rules = {}) {
  RetentionApiDeps deps;
  deps.policies = [] { return std::vector<RetentionPolicyStatus>{{"up", {}, 2 * kDay, 0, 0, 0, 0, 0}}; };
  deps.time_ms = [] { return 15 * kDay; };
  deps.measure = [](std::vector<RetentionPolicyStatus> of) {
    of.emplace_back();
    std::uint64_t n = 0;
    for (auto& policy : of) {
      policy.series = ++n;
      policy.bytes = n * 10;
      policy.expired_bytes = n;
      policy.samples = n * 100;
      policy.expired_samples = n * 10;
    }
    return storage::Result<std::vector<RetentionPolicyStatus>>(std::move(of));
  };
  deps.downsampling = [] {
    std::vector<DownsamplingStatus> out(1);
    out[0].selector = "up";
    out[0].after_ms = 30 * kDay;
    out[0].resolution_ms = 300'000;
    return out;
  };
  deps.measure_downsampling =
      [](std::vector<DownsamplingStatus> of) -> storage::Result<std::vector<DownsamplingStatus>> {
    for (auto& rule : of) {
      if (rule.resolution_ms == 1) return storage::Error{storage::Errc::kInvalid, "too fine"};
      rule = {rule.selector, rule.matchers, rule.after_ms, rule.resolution_ms, 1, 2, 3, 4, 5, 6, 7, 8};
    }
    return of;
  };
  Router router;
  RegisterRetentionApi(router, std::move(deps));
  Request request;
  request.method = "GET";
  request.path = "/api/v1/status/retention";
  for (const auto& policy : policies) request.params.Add("policy", policy);
  for (const auto& rule : rules) request.params.Add("downsampling", rule);
  return (*router.Find("GET", request.path).handler)(request);
}

}  // namespace

TEST_CASE("retention shows the policies in force") {
  const json body = json::parse(Ask({}).body);
  CHECK(body["data"] == json::parse(R"({
    "policies": [{"match": "up", "time": "2d", "series": 1, "bytes": 10, "expiredBytes": 1,
                  "samples": 100, "expiredSamples": 10}],
    "rest": {"time": "15d", "series": 2, "bytes": 20, "expiredBytes": 2, "samples": 200, "expiredSamples": 20},
    "downsampling": [{"match": "up", "after": "30d", "resolution": "5m", "series": 1, "bytes": 2, "samples": 3,
                      "downsampledBytes": 4, "dueBytes": 5, "dueSamples": 6, "replacedSamples": 7, "freedBytes": 8}]})"));
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

TEST_CASE("other rules of downsampling can be tried") {
  const json body = json::parse(Ask({}, {"30d 5m up{a=\"b c\"}", "1y 1h {x=~\".+\"}"}).body);
  const json& rules = body["data"]["downsampling"];
  REQUIRE(rules.size() == 2);
  CHECK(rules[0]["match"] == "up{a=\"b c\"}");
  CHECK(rules[1]["after"] == "1y");
  CHECK(rules[1]["resolution"] == "1h");
  CHECK(body["data"]["policies"][0]["match"] == "up");
  CHECK(Ask({}, {"30d up"}).status == 400);
  CHECK(Ask({}, {"30d x up"}).status == 400);
  CHECK(Ask({}, {"30d 5m up{"}).status == 400);
  CHECK(Ask({}, {"30d 1ms up"}).status == 400);
  CHECK(Ask({}, std::vector<std::string>(101, "30d 5m up")).status == 400);
}

TEST_CASE("policies that make no sense are refused") {
  CHECK(Ask({"1d"}).status == 400);
  CHECK(Ask({"x up"}).status == 400);
  CHECK(Ask({"0s up"}).status == 400);
  CHECK(Ask({"1d up{"}).status == 400);
  CHECK(json::parse(Ask({"1d up{"}).body)["errorType"] == "bad_data");
}
