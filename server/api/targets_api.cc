#include "server/api/targets_api.h"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "config/relabel/relabel.h"
#include "config/schema/config.h"
#include "promql/parser/parse.h"
#include "promql/parser/selector.h"
#include "server/api/envelope.h"
#include "server/api/parameters.h"
#include "server/http/url.h"
#include "server/json/rfc3339.h"

namespace vigia::server {
namespace {

constexpr std::string_view kNeverScraped = "0001-01-01T00:00:00Z";

void AppendLabels(JsonWriter& json, std::string_view key, const storage::Labels& labels) {
  json.Key(key).BeginObject();
  for (const auto label : labels) json.Field(label.name, label.value);
  json.EndObject();
}

void AppendActive(JsonWriter& json, const TargetsApiDeps& deps, const ActiveTarget& target) {
  json.BeginObject();
  AppendLabels(json, "discoveredLabels", target.discovered_labels);
  AppendLabels(json, "labels", target.labels);
  json.Field("scrapePool", target.pool).Field("scrapeUrl", target.url);
  json.Field("globalUrl", GlobalUrl(target.url, deps.external_url, deps.listen_port));
  json.Field("lastError", target.last_error);
  json.Field("lastScrape",
             target.last_scrape_ms == 0 ? std::string(kNeverScraped) : FormatRfc3339Ms(target.last_scrape_ms));
  json.Key("lastScrapeDuration").Double(target.last_duration_seconds);
  json.Field("health", ToString(target.health));
  json.Field("scrapeInterval", promql::FormatDuration(target.interval_ms));
  json.Field("scrapeTimeout", promql::FormatDuration(target.timeout_ms)).EndObject();
}

Response Targets(const TargetsApiDeps& deps, const Request& http) {
  std::string state(http.params.Get("state"));  // In any case, as the reference takes it.
  std::transform(state.begin(), state.end(), state.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  const std::string_view pool = http.params.Get("scrapePool");
  const bool active = state.empty() || state == "any" || state == "active";
  const bool dropped = state.empty() || state == "any" || state == "dropped";
  const auto wanted = [&](const std::string& name) { return pool.empty() || name == pool; };
  const TargetsSnapshot snapshot = deps.manager.Targets();
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("activeTargets").BeginArray();
  for (const ActiveTarget& target : snapshot.active) {
    if (active && wanted(target.pool)) AppendActive(json, deps, target);
  }
  json.EndArray().Key("droppedTargets").BeginArray();
  for (const DroppedTarget& target : snapshot.dropped) {
    if (!dropped || !wanted(target.pool)) continue;
    json.BeginObject();
    AppendLabels(json, "discoveredLabels", target.discovered_labels);
    json.Field("scrapePool", target.pool).EndObject();
  }
  json.EndArray().Key("droppedTargetCounts");
  if (dropped) {
    json.BeginObject();
    for (const auto& [name, count] : snapshot.dropped_counts) json.Key(name).Uint(count);  // Of all pools.
    json.EndObject();
  } else {
    json.Null();
  }
  json.EndObject();
  return ApiSuccess(data);
}

void AppendMetadata(JsonWriter& json, const MetricMetadata& metadata) {
  json.Field("type", ToString(metadata.type)).Field("help", metadata.help).Field("unit", metadata.unit);
}

// 0 = no limit.
struct MetadataLimits {
  std::uint64_t metrics = 0;
  std::uint64_t per_metric = 0;
};

// Any integer: 0 and below are no limit.
storage::Result<std::uint64_t> ReadLimit(const Params& params, const char* name) {
  const std::string_view text = params.Get(name);
  if (text.empty()) return std::uint64_t{0};
  const auto limit = ParseInteger(text);
  if (limit.has_error()) return storage::Error{storage::Errc::kInvalid, fmt::format("{} must be a number", name)};
  return static_cast<std::uint64_t>(std::max<std::int64_t>(*limit, 0));
}

storage::Result<MetadataLimits> ReadLimits(const Params& params) {
  MetadataLimits limits;
  for (auto [name, out] : {std::pair("limit", &limits.metrics), {"limit_per_metric", &limits.per_metric}}) {
    const auto limit = ReadLimit(params, name);
    if (limit.has_error()) return limit.error();
    *out = *limit;
  }
  return limits;
}

// One entry for each different (type, help, unit) of a metric over all targets.
Response Metadata(const TargetsApiDeps& deps, const Request& http) {
  const auto limits = ReadLimits(http.params);
  if (limits.has_error()) return ApiError(limits.error());
  const std::string_view wanted = http.params.Get("metric");
  std::map<std::string, std::vector<MetricMetadata>> by_metric;
  std::vector<TargetMetadata> sources = deps.manager.Metadata();
  if (deps.more_metadata) sources.push_back({{}, deps.more_metadata()});
  for (TargetMetadata& target : sources) {
    for (MetricMetadata& metadata : target.metadata) {
      if (!wanted.empty() && metadata.metric != wanted) continue;
      auto& list = by_metric[metadata.metric];
      const bool full = limits->per_metric > 0 && list.size() >= limits->per_metric;
      if (!full && std::find(list.begin(), list.end(), metadata) == list.end()) list.push_back(std::move(metadata));
    }
  }
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  std::uint64_t count = 0;
  for (const auto& [metric, list] : by_metric) {
    if (limits->metrics > 0 && count++ == limits->metrics) break;
    json.Key(metric).BeginArray();
    for (const MetricMetadata& metadata : list) {
      json.BeginObject();
      AppendMetadata(json, metadata);
      json.EndObject();
    }
    json.EndArray();
  }
  json.EndObject();
  return ApiSuccess(data);
}

Response TargetsMetadata(const TargetsApiDeps& deps, const Request& http) {
  const auto limit = ReadLimit(http.params, "limit");
  if (limit.has_error()) return ApiError(limit.error());
  std::vector<storage::Matcher> matchers;
  if (const auto text = http.params.Get("match_target"); !text.empty()) {
    auto parsed = promql::ParseSelector(text);
    if (parsed.has_error()) return InvalidParameter("match_target", parsed.error().what);
    matchers = std::move(*parsed);
  }
  const std::string_view metric = http.params.Get("metric");
  std::string data;
  JsonWriter json(data);
  json.BeginArray();
  std::uint64_t count = 0;
  for (const TargetMetadata& target : deps.manager.Metadata()) {
    if (!std::all_of(matchers.begin(), matchers.end(), [&](const auto& m) { return m.Matches(target.target); }))
      continue;
    for (const MetricMetadata& metadata : target.metadata) {
      if (!metric.empty() && metadata.metric != metric) continue;
      if (*limit > 0 && count++ >= *limit) continue;
      json.BeginObject();
      AppendLabels(json, "target", target.target);
      if (metric.empty()) json.Field("metric", metadata.metric);
      AppendMetadata(json, metadata);
      json.EndObject();
    }
  }
  json.EndArray();
  return ApiSuccess(data);
}

Response ScrapePools(const TargetsApiDeps& deps) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("scrapePools").BeginArray();
  for (const std::string& pool : deps.manager.PoolNames()) json.String(pool);
  json.EndArray().EndObject();
  return ApiSuccess(data);
}

// Null with the answer to give when the parameter names no pool.
ScrapeConfigPtr FindPool(const TargetsApiDeps& deps, const Request& http, Response& failure) {
  const std::string pool(http.params.Get("scrapePool"));
  if (pool.empty()) {
    failure = ApiError(ApiErrorType::kBadData, "no scrapePool parameter provided");
    return nullptr;
  }
  auto found = deps.manager.PoolConfig(pool);
  if (!found)
    failure = ApiError(ApiErrorType::kBadData, fmt::format("unable to find scrape config for pool \"{}\"", pool));
  return found;
}

Response ScrapePoolConfig(const TargetsApiDeps& deps, const Request& http) {
  Response failure;
  const auto pool = FindPool(deps, http, failure);
  if (!pool) return failure;
  std::string data;
  JsonWriter(data).BeginObject().Field("yaml", config::ToYaml(*pool)).EndObject();
  return ApiSuccess(data);
}

Response RelabelSteps(const TargetsApiDeps& deps, const Request& http) {
  Response failure;
  const auto pool = FindPool(deps, http, failure);
  if (!pool) return failure;
  const auto parsed = nlohmann::json::parse(http.params.Get("labels"), nullptr, false);
  if (!parsed.is_object()) return InvalidParameter("labels", "expected a JSON object of label names and values");
  storage::LabelsBuilder labels;
  for (const auto& [name, value] : parsed.items()) {
    if (!value.is_string()) return InvalidParameter("labels", "expected a JSON object of label names and values");
    labels.Set(name, value.get_ref<const std::string&>());
  }
  const auto steps = config::ApplySteps(pool->relabel_configs, labels.Build());
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("steps").BeginArray();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    const config::RelabelRule& rule = pool->relabel_configs[i];
    json.BeginObject().Key("rule").BeginObject().Key("source_labels").BeginArray();
    for (const std::string& label : rule.source_labels) json.String(label);
    json.EndArray().Field("separator", rule.separator).Field("regex", rule.regex.text());
    json.Key("modulus").Uint(rule.modulus).Field("target_label", rule.target_label);
    json.Field("replacement", rule.replacement).Field("action", ToString(rule.action)).EndObject();
    AppendLabels(json, "output", steps[i].output);
    json.Key("keep").Bool(steps[i].keep).EndObject();
  }
  json.EndArray().EndObject();
  return ApiSuccess(data);
}

bool IsLoopbackHost(std::string_view host) { return host == "localhost" || host == "::1" || host.starts_with("127."); }

}  // namespace

std::string GlobalUrl(std::string_view url, std::string_view external_url, std::uint16_t listen_port) {
  auto target = ParseUrl(url);
  const auto external = ParseUrl(external_url);
  if (target.has_error() || external.has_error() || !IsLoopbackHost(target->host)) return std::string(url);
  target->host = external->host;
  if (target->port == listen_port) {
    target->scheme = external->scheme;
    target->port = external->port;
    target->explicit_port = external->explicit_port;
  }
  return target->ToString();
}

void RegisterTargetsApi(Router& router, TargetsApiDeps deps) {
  const std::vector<std::string> methods = {"GET"};
  const auto add = [&](const char* path, Response (*handler)(const TargetsApiDeps&, const Request&)) {
    router.Add(methods, path, [deps, handler](const Request& http) { return handler(deps, http); });
  };
  add("/api/v1/targets", &Targets);
  add("/api/v1/targets/metadata", &TargetsMetadata);
  add("/api/v1/targets/relabel_steps", &RelabelSteps);
  add("/api/v1/metadata", &Metadata);
  add("/api/v1/scrape_pools/config", &ScrapePoolConfig);
  router.Add(methods, "/api/v1/scrape_pools", [deps](const Request&) { return ScrapePools(deps); });
}

}  // namespace vigia::server
