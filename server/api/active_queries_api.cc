#include "server/api/active_queries_api.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "server/api/envelope.h"
#include "server/api/parameters.h"

namespace vigia::server {
namespace {

constexpr std::uint64_t kDefaultTop = 20;

void AppendOrigin(JsonWriter& json, const promql::QueryOrigin& origin) {
  json.BeginObject().Field("kind", promql::ToString(origin.kind));
  if (!origin.client_ip.empty()) json.Field("client", origin.client_ip);
  if (!origin.method.empty()) json.Field("method", origin.method);
  if (!origin.path.empty()) json.Field("path", origin.path);
  if (!origin.headers.empty()) {
    json.Key("headers").BeginObject();
    for (const auto& [name, value] : origin.headers) json.Field(name, value);
    json.EndObject();
  }
  if (!origin.rule_group.empty()) {
    json.Key("rule").BeginObject().Field("file", origin.rule_file).Field("group", origin.rule_group).EndObject();
  }
  json.EndObject();
}

void AppendQuery(JsonWriter& json, const promql::ActiveQuery& query) {
  json.BeginObject();
  json.Field("id", std::to_string(query.id)).Field("query", query.text);
  json.Key("start").TimestampSeconds(query.start_ms).Key("end").TimestampSeconds(query.end_ms);
  json.Key("step").TimestampSeconds(query.step_ms);
  json.Key("since").TimestampSeconds(query.since_ms).Key("age_seconds").TimestampSeconds(query.age_ms);
  json.Field("state", query.state == promql::QueryState::kRunning ? "running" : "queued");
  json.Key("samples").Uint(query.samples_held).Key("samples_read").Uint(query.samples_read);
  json.Key("bytes").Uint(query.bytes).Key("origin");
  AppendOrigin(json, query.origin);
  json.EndObject();
}

Response ListActive(const promql::Engine& engine, const promql::ActiveQueries& active) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("queries").BeginArray();
  for (const promql::ActiveQuery& query : active.List()) AppendQuery(json, query);
  json.EndArray();
  json.Key("max_concurrency").Int(engine.options().max_concurrency);
  json.Key("memory").BeginObject().Key("used_bytes").Uint(engine.memory_bytes());
  json.Key("limit_bytes").Uint(engine.options().max_memory_bytes).EndObject().EndObject();
  return ApiSuccess(data);
}

Response CancelQuery(const ActiveQueriesApiDeps& deps, const Request& http) {
  if (!deps.cancel_enabled) return ApiError(ApiErrorType::kUnavailable, "cancelling queries is disabled");
  const std::string_view text = http.path_args.at(0);
  std::uint64_t id = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (error != std::errc() || end != text.data() + text.size()) {
    return InvalidParameter("id", fmt::format("cannot parse \"{}\" to a valid query id", text));
  }
  if (!deps.engine.active().Cancel(id)) {
    return ApiError(ApiErrorType::kNotFound, fmt::format("no query with id {} is running or waiting", id));
  }
  return NoContent();
}

std::optional<promql::TopOrder> OrderOf(std::string_view word) {
  if (word.empty() || word == "seconds") return promql::TopOrder::kSeconds;
  if (word == "count") return promql::TopOrder::kCount;
  if (word == "samples") return promql::TopOrder::kSamples;
  if (word == "max_seconds") return promql::TopOrder::kMaxSeconds;
  if (word == "peak_bytes") return promql::TopOrder::kPeakBytes;
  return std::nullopt;
}

void AppendTop(JsonWriter& json, const promql::TopQuery& query) {
  json.BeginObject().Field("query", query.text);
  json.Key("count").Uint(query.count).Key("errors").Uint(query.errors);
  json.Key("total_seconds").Double(query.total_seconds).Key("max_seconds").Double(query.max_seconds);
  json.Key("samples").Uint(query.samples).Key("samples_read").Uint(query.samples_read);
  json.Key("max_peak_samples").Uint(query.max_peak_samples).Key("max_peak_bytes").Uint(query.max_peak_bytes);
  json.Key("last").TimestampSeconds(query.last_ms).Key("last_origin");
  AppendOrigin(json, query.last_origin);
  json.EndObject();
}

Response ListTop(const promql::TopQueries& top, const Request& http) {
  const auto limit = ParseLimit(http.params.Get("limit"));
  if (limit.has_error()) return InvalidParameter("limit", limit.error().what);
  const auto order = OrderOf(http.params.Get("by"));
  if (!order) {
    return InvalidParameter("by", "must be one of seconds, count, samples, max_seconds, peak_bytes");
  }
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("queries").BeginArray();
  for (const promql::TopQuery& query : top.List(*limit == 0 ? kDefaultTop : *limit, *order)) AppendTop(json, query);
  json.EndArray().Key("capacity").Uint(top.capacity()).EndObject();
  return ApiSuccess(data);
}

}  // namespace

void RegisterActiveQueriesApi(Router& router, ActiveQueriesApiDeps deps) {
  router.Add({"GET"}, "/api/v1/query/active",
             [&engine = deps.engine](const Request&) { return ListActive(engine, engine.active()); });
  router.Add({"DELETE"}, "/api/v1/query/active/{id}", [deps](const Request& http) { return CancelQuery(deps, http); });
  router.Add({"GET"}, "/api/v1/query/top",
             [&engine = deps.engine](const Request& http) { return ListTop(engine.top(), http); });
}

}  // namespace vigia::server
