#include "server/api/rules_api.h"

#include <nlohmann/json.hpp>

#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;

namespace {

alerting::RuleSnapshot AlertingRule(std::string name) {
  alerting::RuleSnapshot rule;
  rule.type = alerting::RuleType::kAlerting;
  rule.name = std::move(name);
  rule.query = "up == 0";
  rule.for_ms = 60'000;
  rule.labels = {{"severity", "critical"}};
  rule.health = alerting::RuleHealth::kOk;
  rule.state = alerting::AlertState::kPending;
  rule.last_evaluation_ms = 1'000;
  alerting::AlertSnapshot alert;
  alert.labels = storage::Labels{{"alertname", rule.name}};
  alert.value = "0e+00";
  alert.active_at_ms = 500;
  rule.alerts = {alert};
  return rule;
}

std::vector<alerting::RuleGroupSnapshot> Groups() {
  alerting::RuleSnapshot recording;
  recording.name = "job:up:sum";
  recording.query = "sum by (job) (up)";
  alerting::RuleGroupSnapshot first{"a.yml", "one", 15'000, 0, 0.25, 1'000, {recording, AlertingRule("Down")}};
  alerting::RuleGroupSnapshot second{"b.yml", "two", 30'000, 5, 0, std::nullopt, {AlertingRule("Other")}};
  return {first, second};
}

std::string Get(const std::string& path, const std::vector<std::pair<std::string, std::string>>& params = {}) {
  Router router;
  RegisterRulesApi(router, {&Groups, [] { return AlertmanagerUrls{{"http://a/api/v2/alerts"}, {}}; }});
  Request request;
  request.method = "GET";
  request.path = path;
  for (const auto& [name, value] : params) request.params.Add(name, value);
  return (*router.Find("GET", path).handler)(request).body;
}

bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("rules have the keys of the reference in its order") {
  const std::string body = Get("/api/v1/rules");
  CHECK(Contains(body, R"x({"name":"job:up:sum","query":"sum by (job) (up)","health":"unknown","evaluationTime":0,)x"
                       R"("lastEvaluation":"0001-01-01T00:00:00Z","type":"recording"})"));
  CHECK(Contains(body,
                 R"({"state":"pending","name":"Down","query":"up == 0","duration":60,"keepFiringFor":0,)"
                 R"("labels":{"severity":"critical"},"annotations":{},"alerts":[{"labels":{"alertname":"Down"},)"
                 R"("annotations":{},"state":"pending","activeAt":"1970-01-01T00:00:00.5Z","value":"0e+00"}],)"
                 R"("health":"ok","evaluationTime":0,"lastEvaluation":"1970-01-01T00:00:01Z","type":"alerting"})"));
  CHECK(Contains(body, R"("interval":15,"limit":0,"evaluationTime":0.25,"lastEvaluation":"1970-01-01T00:00:01Z"})"));
  CHECK_FALSE(Contains(body, "groupNextToken"));
}

TEST_CASE("rules are filtered by type, name, group, file and labels") {
  CHECK_FALSE(Contains(Get("/api/v1/rules", {{"type", "record"}}), "Down"));
  CHECK_FALSE(Contains(Get("/api/v1/rules", {{"type", "alert"}}), "job:up:sum"));
  CHECK(Get("/api/v1/rules", {{"rule_name[]", "none"}}) == R"({"status":"success","data":{"groups":[]}})");
  CHECK_FALSE(Contains(Get("/api/v1/rules", {{"file[]", "b.yml"}}), "a.yml"));
  CHECK_FALSE(Contains(Get("/api/v1/rules", {{"match[]", "{severity=\"critical\"}"}}), "job:up:sum"));
  CHECK(Contains(Get("/api/v1/rules", {{"exclude_alerts", "true"}}), R"("alerts":[])"));
  CHECK(Contains(Get("/api/v1/rules", {{"type", "x"}}), "not supported value"));
}

TEST_CASE("groups come in pages") {
  const std::string first = Get("/api/v1/rules", {{"group_limit", "1"}});
  CHECK(Contains(first, "\"one\""));
  CHECK_FALSE(Contains(first, "\"two\""));
  // sha256("b.yml;two")
  const std::size_t at = first.find("\"groupNextToken\":\"");
  REQUIRE(at != std::string::npos);
  const std::string token = first.substr(at + 18, 64);
  const std::string second = Get("/api/v1/rules", {{"group_limit", "1"}, {"group_next_token", token}});
  CHECK(Contains(second, "\"two\""));
  CHECK_FALSE(Contains(second, "groupNextToken"));
  CHECK(Contains(Get("/api/v1/rules", {{"group_limit", "1"}, {"group_next_token", "x"}}), "bad_data"));
  CHECK(Contains(Get("/api/v1/rules", {{"group_next_token", token}}), "bad_data"));
}

// The texts are what Prometheus 3.5.3 answers.
TEST_CASE("bad parameters of rules are named") {
  const auto error = [](const std::string& name, const std::string& value) {
    return nlohmann::json::parse(Get("/api/v1/rules", {{name, value}}))["error"].get<std::string>();
  };
  CHECK(error("match[]", "{") == "1:2: parse error: unexpected end of input inside braces");
  CHECK(error("group_limit", "x") ==
        "invalid parameter \"group_limit\": group_limit needs to be a valid number: strconv.ParseInt: parsing \"x\": "
        "invalid syntax");
  CHECK(error("group_limit", "0") == "invalid parameter \"group_limit\": group_limit needs to be greater than 0");
  CHECK(error("group_limit", "-1") == "invalid parameter \"group_limit\": group_limit needs to be greater than 0");
  CHECK(error("group_next_token", "x") ==
        "invalid parameter \"group_next_token\": group_limit needs to be present in order to paginate over the groups");
  CHECK(error("exclude_alerts", "x") ==
        "invalid parameter \"exclude_alerts\": error converting exclude_alerts: strconv.ParseBool: parsing \"x\": "
        "invalid syntax");
  CHECK(Contains(Get("/api/v1/rules", {{"exclude_alerts", "T"}}), R"("alerts":[])"));
}

TEST_CASE("alerts and alertmanagers") {
  CHECK(Contains(Get("/api/v1/alerts"), R"({"labels":{"alertname":"Other"})"));
  CHECK(
      Get("/api/v1/alertmanagers") ==
      R"({"status":"success","data":{"activeAlertmanagers":[{"url":"http://a/api/v2/alerts"}],"droppedAlertmanagers":[]}})");
}
