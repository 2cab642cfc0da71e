#include "server/api/retention_api.h"

#include <algorithm>
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

// Cuts the first word of `text` off, which must be a duration above 0.
Result<storage::DurationMs> TakeDuration(std::string& text) {
  const std::size_t space = text.find(' ');
  const std::string word = text.substr(0, space);
  auto time = promql::ParseDuration(word);
  if (time.has_error() || *time <= 0) {
    return Error{Errc::kInvalid, fmt::format("{} is not a duration above 0", storage::Quoted(word))};
  }
  text.erase(0, space == std::string::npos ? space : space + 1);
  return time;
}

Result<RetentionPolicyStatus> ParsePolicy(const std::string& text) {
  if (text.find(' ') == std::string::npos) {
    return Error{Errc::kInvalid, fmt::format("{} is not a duration, a space and a selector", storage::Quoted(text))};
  }
  RetentionPolicyStatus policy;
  policy.selector = text;
  const auto time = TakeDuration(policy.selector);
  if (time.has_error()) return time.error();
  policy.time_ms = *time;
  auto matchers = promql::ParseMetricSelector(policy.selector);
  if (matchers.has_error()) return matchers.error();
  policy.matchers = std::move(*matchers);
  return policy;
}

Result<DownsamplingStatus> ParseRule(const std::string& text) {
  if (std::count(text.begin(), text.end(), ' ') < 2) {
    return Error{Errc::kInvalid, fmt::format("{} is not an age, a resolution and a selector", storage::Quoted(text))};
  }
  DownsamplingStatus rule;
  rule.selector = text;
  const auto after = TakeDuration(rule.selector);
  if (after.has_error()) return after.error();
  const auto resolution = TakeDuration(rule.selector);
  if (resolution.has_error()) return resolution.error();
  rule.after_ms = *after;
  rule.resolution_ms = *resolution;
  auto matchers = promql::ParseMetricSelector(rule.selector);
  if (matchers.has_error()) return matchers.error();
  rule.matchers = std::move(*matchers);
  return rule;
}

void AppendPolicy(JsonWriter& json, const RetentionPolicyStatus& policy) {
  json.BeginObject();
  if (!policy.selector.empty()) json.Field("match", policy.selector);
  json.Field("time", policy.time_ms > 0 ? promql::FormatDuration(policy.time_ms) : std::string());
  json.Key("series").Uint(policy.series).Key("bytes").Uint(policy.bytes);
  json.Key("expiredBytes").Uint(policy.expired_bytes);
  json.Key("samples").Uint(policy.samples).Key("expiredSamples").Uint(policy.expired_samples);
  json.EndObject();
}

void AppendRule(JsonWriter& json, const DownsamplingStatus& rule) {
  json.BeginObject();
  json.Field("match", rule.selector);
  json.Field("after", promql::FormatDuration(rule.after_ms));
  json.Field("resolution", promql::FormatDuration(rule.resolution_ms));
  json.Key("series").Uint(rule.series).Key("bytes").Uint(rule.bytes).Key("samples").Uint(rule.samples);
  json.Key("downsampledBytes").Uint(rule.downsampled_bytes);
  json.Key("dueBytes").Uint(rule.due_bytes).Key("dueSamples").Uint(rule.due_samples);
  json.Key("replacedSamples").Uint(rule.replaced_samples).Key("freedBytes").Uint(rule.freed_bytes);
  json.EndObject();
}

// What the values of a parameter say, or an answer that refuses them.
template <class Status>
Result<std::vector<Status>> ParseAll(const std::vector<std::string>& texts,
                                     Result<Status> (*parse)(const std::string&)) {
  if (texts.size() > kMaxPolicies) return Error{Errc::kInvalid, fmt::format("more than {} of them", kMaxPolicies)};
  std::vector<Status> out;
  for (const std::string& text : texts) {
    auto parsed = parse(text);
    if (parsed.has_error()) return parsed.error();
    out.push_back(std::move(*parsed));
  }
  return out;
}

Response Retention(const RetentionApiDeps& deps, const Request& http) {
  auto policies = ParseAll(http.params.GetAll("policy"), &ParsePolicy);
  if (policies.has_error()) return InvalidParameter("policy", policies.error().what);
  auto rules = ParseAll(http.params.GetAll("downsampling"), &ParseRule);
  if (rules.has_error()) return InvalidParameter("downsampling", rules.error().what);
  auto measured = deps.measure(policies->empty() ? deps.policies() : std::move(*policies));
  if (measured.has_error()) return ApiError(measured.error());
  const auto downsampling = deps.measure_downsampling(rules->empty() ? deps.downsampling() : std::move(*rules));
  if (downsampling.has_error()) return ApiError(downsampling.error());
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
  json.Key("downsampling").BeginArray();
  for (const DownsamplingStatus& rule : *downsampling) AppendRule(json, rule);
  json.EndArray();
  json.EndObject();
  return ApiSuccess(data);
}

}  // namespace

void RegisterRetentionApi(Router& router, RetentionApiDeps deps) {
  router.Add({"GET"}, "/api/v1/status/retention",
             [deps = std::move(deps)](const Request& http) { return Retention(deps, http); });
}

}  // namespace vigia::server
