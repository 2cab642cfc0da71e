#include "server/api/rules_api.h"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>
#include <openssl/evp.h>

#include "server/api/envelope.h"
#include "server/api/parameters.h"
#include "server/json/rfc3339.h"

namespace vigia::server {
namespace {

using alerting::AlertSnapshot;
using alerting::RuleGroupSnapshot;
using alerting::RuleSnapshot;
using alerting::RuleType;

// What a Go client reads for a time that was never set.
constexpr std::string_view kZeroTime = "0001-01-01T00:00:00Z";

std::string TimeText(const std::optional<storage::TimestampMs>& time_ms) {
  return time_ms ? FormatRfc3339Ms(*time_ms) : std::string(kZeroTime);
}

void AppendMap(JsonWriter& json, std::string_view key, const config::StringMap& map) {
  json.Key(key).BeginObject();
  for (const auto& [name, value] : map) json.Field(name, value);
  json.EndObject();
}

void AppendLabels(JsonWriter& json, std::string_view key, const storage::Labels& labels) {
  json.Key(key).BeginObject();
  for (const auto label : labels) json.Field(label.name, label.value);
  json.EndObject();
}

void AppendAlert(JsonWriter& json, const AlertSnapshot& alert) {
  json.BeginObject();
  AppendLabels(json, "labels", alert.labels);
  AppendMap(json, "annotations", alert.annotations);
  json.Field("state", ToString(alert.state)).Field("activeAt", FormatRfc3339Ms(alert.active_at_ms));
  if (alert.keep_firing_since_ms) json.Field("keepFiringSince", FormatRfc3339Ms(*alert.keep_firing_since_ms));
  json.Field("value", alert.value).EndObject();
}

void AppendRuleTail(JsonWriter& json, const RuleSnapshot& rule) {
  json.Field("health", ToString(rule.health));
  if (!rule.last_error.empty()) json.Field("lastError", rule.last_error);
  json.Key("evaluationTime").Double(rule.evaluation_seconds);
  json.Field("lastEvaluation", TimeText(rule.last_evaluation_ms)).Field("type", ToString(rule.type)).EndObject();
}

void AppendRule(JsonWriter& json, const RuleSnapshot& rule, bool with_alerts) {
  json.BeginObject();
  if (rule.type == RuleType::kRecording) {
    json.Field("name", rule.name).Field("query", rule.query);
    if (!rule.labels.empty()) AppendMap(json, "labels", rule.labels);
    AppendRuleTail(json, rule);
    return;
  }
  json.Field("state", rule.state ? ToString(*rule.state) : "unknown")
      .Field("name", rule.name)
      .Field("query", rule.query);
  json.Key("duration").Double(static_cast<double>(rule.for_ms) / 1000);
  json.Key("keepFiringFor").Double(static_cast<double>(rule.keep_firing_for_ms) / 1000);
  AppendMap(json, "labels", rule.labels);
  AppendMap(json, "annotations", rule.annotations);
  json.Key("alerts").BeginArray();
  if (with_alerts) {
    for (const AlertSnapshot& alert : rule.alerts) AppendAlert(json, alert);
  }
  json.EndArray();
  AppendRuleTail(json, rule);
}

// Which groups and rules a request wants. An empty list wants all.
struct RuleFilter {
  std::optional<RuleType> type;
  std::vector<std::string> names, groups, files;
  MatcherSets matcher_sets;
  bool with_alerts = true;
  std::size_t group_limit = 0;
  std::string next_token;
};

bool Wanted(const std::vector<std::string>& list, const std::string& name) {
  return list.empty() || std::find(list.begin(), list.end(), name) != list.end();
}

bool MatchesAny(const MatcherSets& sets, const config::StringMap& labels) {
  if (sets.empty()) return true;
  storage::LabelsBuilder builder;
  for (const auto& [name, value] : labels) builder.Set(name, value);
  const storage::Labels all = builder.Build();
  return std::any_of(sets.begin(), sets.end(), [&](const auto& set) {
    return std::all_of(set.begin(), set.end(), [&](const storage::Matcher& m) { return m.Matches(all); });
  });
}

bool WantsRule(const RuleFilter& filter, const RuleSnapshot& rule) {
  return (!filter.type || *filter.type == rule.type) && Wanted(filter.names, rule.name) &&
         MatchesAny(filter.matcher_sets, rule.labels);
}

storage::Status ReadPage(const Params& params, RuleFilter& filter) {
  using storage::Errc;
  using storage::Error;
  filter.next_token = params.Get("group_next_token");
  const std::string_view text = params.Get("group_limit");
  if (text.empty()) {
    if (filter.next_token.empty()) return {};
    return Error{Errc::kInvalid,
                 "invalid parameter \"group_next_token\": group_limit needs to be present in order to paginate over "
                 "the groups"};
  }
  const auto limit = ParseInteger(text, "strconv.ParseInt");
  if (limit.has_error()) {
    return Error{Errc::kInvalid,
                 "invalid parameter \"group_limit\": group_limit needs to be a valid number: " + limit.error().what};
  }
  if (*limit <= 0) {
    return Error{Errc::kInvalid, "invalid parameter \"group_limit\": group_limit needs to be greater than 0"};
  }
  filter.group_limit = static_cast<std::size_t>(*limit);
  return {};
}

storage::Result<RuleFilter> ReadFilter(const Params& params) {
  using storage::Errc;
  using storage::Error;
  RuleFilter filter;
  const std::string_view type = params.Get("type");
  if (type == "alert") filter.type = RuleType::kAlerting;
  if (type == "record") filter.type = RuleType::kRecording;
  if (!type.empty() && !filter.type) {
    return Error{Errc::kInvalid, fmt::format("invalid parameter \"type\": not supported value \"{}\"", type)};
  }
  filter.names = params.GetAll("rule_name[]");
  filter.groups = params.GetAll("rule_group[]");
  filter.files = params.GetAll("file[]");
  auto sets = ParseMatcherSets(params);
  if (sets.has_error()) return sets.error();
  filter.matcher_sets = std::move(*sets);
  const std::string_view exclude = params.Get("exclude_alerts");
  const auto without_alerts = exclude.empty() ? std::optional(false) : ParseBool(exclude);
  if (!without_alerts) {
    return Error{Errc::kInvalid, fmt::format("invalid parameter \"exclude_alerts\": error converting exclude_alerts: "
                                             "strconv.ParseBool: parsing {}: invalid syntax",
                                             storage::Quoted(exclude))};
  }
  filter.with_alerts = !*without_alerts;
  if (auto status = ReadPage(params, filter); status.has_error()) return status.error();
  return filter;
}

std::string TokenOf(const RuleGroupSnapshot& group) {
  const std::string text = group.file + ";" + group.name;
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  std::string token;
  for (unsigned int i = 0; i < size; ++i) token += fmt::format("{:02x}", digest[i]);
  return token;
}

// Only the wanted rules of wanted groups; groups without any are left out.
std::vector<RuleGroupSnapshot> Select(std::vector<RuleGroupSnapshot> groups, const RuleFilter& filter) {
  std::vector<RuleGroupSnapshot> out;
  for (RuleGroupSnapshot& group : groups) {
    if (!Wanted(filter.groups, group.name) || !Wanted(filter.files, group.file)) continue;
    std::erase_if(group.rules, [&](const RuleSnapshot& rule) { return !WantsRule(filter, rule); });
    if (!group.rules.empty()) out.push_back(std::move(group));
  }
  return out;
}

void AppendGroup(JsonWriter& json, const RuleGroupSnapshot& group, bool with_alerts) {
  json.BeginObject().Field("name", group.name).Field("file", group.file).Key("rules").BeginArray();
  for (const RuleSnapshot& rule : group.rules) AppendRule(json, rule, with_alerts);
  json.EndArray().Key("interval").Double(static_cast<double>(group.interval_ms) / 1000).Key("limit").Int(group.limit);
  json.Key("evaluationTime").Double(group.evaluation_seconds);
  json.Field("lastEvaluation", TimeText(group.last_evaluation_ms)).EndObject();
}

Response Rules(const RulesApiDeps& deps, const Request& http) {
  const auto filter = ReadFilter(http.params);
  if (filter.has_error()) return ApiError(filter.error());
  const auto groups = Select(deps.groups(), *filter);
  auto at = groups.begin();
  if (!filter->next_token.empty()) {
    at = std::find_if(at, groups.end(), [&](const auto& group) { return TokenOf(group) == filter->next_token; });
    if (at == groups.end()) {
      return InvalidParameter(
          "group_next_token",
          fmt::format("invalid group_next_token '{}'. were rule groups changed?", filter->next_token));
    }
  }
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("groups").BeginArray();
  for (std::size_t count = 0; at != groups.end() && (filter->group_limit == 0 || count < filter->group_limit);
       ++at, ++count) {
    AppendGroup(json, *at, filter->with_alerts);
  }
  json.EndArray();
  if (at != groups.end()) json.Field("groupNextToken", TokenOf(*at));
  json.EndObject();
  return ApiSuccess(data);
}

Response Alerts(const RulesApiDeps& deps) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("alerts").BeginArray();
  for (const RuleGroupSnapshot& group : deps.groups()) {
    for (const RuleSnapshot& rule : group.rules) {
      for (const AlertSnapshot& alert : rule.alerts) AppendAlert(json, alert);
    }
  }
  json.EndArray().EndObject();
  return ApiSuccess(data);
}

Response Alertmanagers(const RulesApiDeps& deps) {
  const AlertmanagerUrls urls = deps.alertmanagers();
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  for (const auto& [key, list] :
       {std::pair("activeAlertmanagers", &urls.active), {"droppedAlertmanagers", &urls.dropped}}) {
    json.Key(key).BeginArray();
    for (const std::string& url : *list) json.BeginObject().Field("url", url).EndObject();
    json.EndArray();
  }
  json.EndObject();
  return ApiSuccess(data);
}

}  // namespace

void RegisterRulesApi(Router& router, const RulesApiDeps& deps) {
  const std::vector<std::string> methods = {"GET"};
  router.Add(methods, "/api/v1/rules", [deps](const Request& http) { return Rules(deps, http); });
  router.Add(methods, "/api/v1/alerts", [deps](const Request&) { return Alerts(deps); });
  router.Add(methods, "/api/v1/alertmanagers", [deps](const Request&) { return Alertmanagers(deps); });
}

}  // namespace vigia::server
