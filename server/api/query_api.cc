#include "server/api/query_api.h"

#include <fmt/format.h>

#include "promql/parser/parse.h"
#include "promql/parser/printer.h"
#include "server/api/envelope.h"
#include "server/api/explain_json.h"
#include "server/api/parameters.h"
#include "server/api/query_origin.h"
#include "server/api/query_times.h"
#include "server/api/result_json.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

struct QueryOptions {
  promql::QueryRequest request;
  std::uint64_t limit = 0;
  std::string_view stats;
  bool plan_only = false;
};

Status ReadExplain(const Params& params, QueryOptions& options) {
  const std::string_view explain = params.Get("explain");
  if (!explain.empty() && explain != "plan" && explain != "analyze") {
    return Error{Errc::kInvalid, "invalid parameter \"explain\": must be plan or analyze"};
  }
  options.plan_only = explain == "plan";
  if (explain == "analyze") options.request.analyze = promql::Analyze::kYes;
  return {};
}

Status ReadDurations(const Params& params, promql::QueryRequest& request) {
  if (const auto text = params.Get("timeout"); !text.empty()) {
    const auto timeout = ParseDurationSeconds(text);
    if (timeout.has_error()) return Error{Errc::kInvalid, "invalid parameter \"timeout\": " + timeout.error().what};
    request.timeout_ms = *timeout;
  }
  if (const auto text = params.Get("lookback_delta"); !text.empty()) {
    const auto lookback = ParseDurationSeconds(text);
    if (lookback.has_error()) {
      return Error{Errc::kInvalid, "error parsing lookback delta duration: " + lookback.error().what};
    }
    if (*lookback > 0) request.lookback_delta_ms = *lookback;
  }
  return {};
}

// All parameters; `times` reads those that say when. Of several faults the first in Prometheus' order is told.
template <class Times>
Result<QueryOptions> ReadOptions(const Request& http, Times times) {
  QueryOptions options;
  options.request.text = http.params.Get("query");
  options.request.cancel = http.gone;
  options.request.origin = OriginOf(http);
  options.stats = http.params.Get("stats");
  options.request.step_stats = options.stats == "all";
  const auto limit = ParseLimit(http.params.Get("limit"));
  if (limit.has_error()) {
    return Error{Errc::kInvalid, fmt::format("invalid parameter \"limit\": {}", limit.error().what)};
  }
  options.limit = *limit;
  if (auto status = times(options.request); status.has_error()) return status.error();
  if (auto status = ReadDurations(http.params, options.request); status.has_error()) return status.error();
  if (auto status = ReadExplain(http.params, options); status.has_error()) return status.error();
  // Statistics tell what a query costs, which is not what the end of it costs. A query without any time times out,
  // whatever is kept.
  options.request.use_cache =
      http.params.Get("nocache") != "1" && options.stats.empty() && options.request.timeout_ms.value_or(1) > 0;
  return options;
}

// Cuts vectors and matrices at the limit and says so.
void Truncate(promql::QueryResult& result, std::uint64_t limit) {
  bool cut = false;
  const auto shorten = [&](auto& list) {
    if (list.size() > limit) list.resize(limit), cut = true;
  };
  if (limit > 0) {
    if (auto* vector = std::get_if<promql::Vector>(&result.value)) shorten(*vector);
    if (auto* matrix = std::get_if<promql::Matrix>(&result.value)) shorten(*matrix);
  }
  if (cut) result.annotations.warnings.emplace_back(kTruncatedWarning);
}

Response QueryFailed(const Error& error) {
  if (error.code == Errc::kInvalid) return InvalidParameter("query", error.what);
  const bool evaluation = error.code == Errc::kNotFound || error.code == Errc::kUnavailable;
  return evaluation ? ApiError(ApiErrorType::kExecution, error.what) : ApiError(error);
}

Response AnswerPlan(const promql::Engine& engine, const promql::QueryRequest& request) {
  const auto plan = engine.Explain(request);
  if (plan.has_error()) return QueryFailed(plan.error());
  std::string data = R"({"explain":)";
  AppendExplainJson(data, *plan);
  return ApiSuccess(data.append("}"));
}

Response Answer(promql::Engine& engine, const QueryOptions& options) {
  if (options.plan_only) return AnswerPlan(engine, options.request);
  auto result = engine.Execute(options.request);
  if (result.has_error()) return QueryFailed(result.error());
  Truncate(*result, options.limit);
  if (!options.stats.empty() && options.stats != "true" && options.stats != "all") {
    result->annotations.warnings.push_back(fmt::format(
        "value \"{}\" for parameter \"stats\" is deprecated and will be rejected in the next major release, "
        "use \"true\" or \"all\"",
        options.stats));
  }
  return QueryResponse(std::move(*result), options.stats.empty() ? StatsMode::kNone : StatsMode::kBasic);
}

Response InstantQuery(const QueryApiDeps& deps, const Request& http) {
  const auto options =
      ReadOptions(http, [&](promql::QueryRequest& request) { return ReadInstant(http.params, deps.clock(), request); });
  return options.has_error() ? ApiError(options.error()) : Answer(deps.engine, *options);
}

Response RangeQuery(const QueryApiDeps& deps, const Request& http) {
  const auto options =
      ReadOptions(http, [&](promql::QueryRequest& request) { return ReadRange(http.params, request); });
  return options.has_error() ? ApiError(options.error()) : Answer(deps.engine, *options);
}

Response FormatQuery(const QueryApiDeps& deps, const Request& http) {
  const auto expr = promql::ParseExpr(http.params.Get("query"), deps.engine.options().parser);
  if (expr.has_error()) return InvalidParameter("query", expr.error().what);
  std::string data;
  AppendJsonString(data, promql::Pretty(**expr));
  return ApiSuccess(data);
}

}  // namespace

void RegisterQueryApi(Router& router, QueryApiDeps deps) {
  const std::vector<std::string> methods = {"GET", "POST"};
  const auto add = [&](const char* path, Response (*handler)(const QueryApiDeps&, const Request&)) {
    router.Add(methods, std::string("/api/v1/") + path,
               [deps, handler](const Request& http) { return handler(deps, http); });
  };
  add("query", &InstantQuery);
  add("query_range", &RangeQuery);
  add("format_query", &FormatQuery);
}

}  // namespace vigia::server
