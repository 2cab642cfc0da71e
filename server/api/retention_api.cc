#include "server/api/retention_api.h"

#include <utility>

#include <fmt/format.h>

#include "promql/parser/parse.h"
#include "server/api/envelope.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

constexpr std::size_t kMaxPolicies = 100;

Result<RetentionPolicyStatus> ParsePolicy(const std::string& text) {
  const std::size_t space = text.find(' ');
  if (space == std::string::npos) {
    return Error{Errc::kInvalid, fmt::format("{} is not a duration, a space and a selector", storage::Quoted(text))};
  }
  RetentionPolicyStatus policy;
  const auto time = promql::ParseDuration(text.substr(0, space));
  if (time.has_error() || *time <= 0) {
    return Error{Errc::kInvalid, fmt::format("{} is not a duration above 0", storage::Quoted(text.substr(0, space)))};
  }
  policy.time_ms = *time;
  policy.selector = text.substr(space + 1);
  auto matchers = promql::ParseMetricSelector(policy.selector);
  if (matchers.has_error()) return matchers.error();
  policy.matchers = std::move(*matchers);
  return policy;
}

void AppendPolicy(JsonWriter& json, const RetentionPolicyStatus& policy) {
  json.BeginObject();
  if (!policy.selector.empty()) json.Field("match", policy.selector);
  json.Field("time", policy.time_ms > 0 ? promql::FormatDuration(policy.time_ms) : std::string());
  json.Key("series").Uint(policy.series).Key("bytes").Uint(policy.bytes);
  json.Key("expiredBytes").Uint(policy.expired_bytes);
  json.EndObject();
}

Response Retention(const RetentionApiDeps& deps, const Request& http) {
  std::vector<RetentionPolicyStatus> policies;
  const auto tried = http.params.GetAll("policy");
  if (tried.size() > kMaxPolicies) return InvalidParameter("policy", fmt::format("more than {} of them", kMaxPolicies));
  for (const std::string& text : tried) {
    auto policy = ParsePolicy(text);
    if (policy.has_error()) return InvalidParameter("policy", policy.error().what);
    policies.push_back(std::move(*policy));
  }
  if (tried.empty()) policies = deps.policies();
  auto measured = deps.measure(std::move(policies));
  if (measured.has_error()) return ApiError(measured.error());
  RetentionPolicyStatus rest = std::move(measured->back());
  measured->pop_back();
  rest.selector.clear();
  rest.time_ms = deps.time_ms();
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("policies").BeginArray();
  for (const RetentionPolicyStatus& policy : *measured) AppendPolicy(json, policy);
  json.EndArray().Key("rest");
  AppendPolicy(json, rest);
  json.EndObject();
  return ApiSuccess(data);
}

}  // namespace

void RegisterRetentionApi(Router& router, RetentionApiDeps deps) {
  router.Add({"GET"}, "/api/v1/status/retention",
             [deps = std::move(deps)](const Request& http) { return Retention(deps, http); });
}

}  // namespace vigia::server
