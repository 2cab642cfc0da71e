#include "server/api/query_api.h"

#include <fmt/format.h>

#include "promql/parser/parse.h"
#include "promql/parser/printer.h"
#include "server/api/envelope.h"
#include "server/api/explain_json.h"
#include "server/api/parameters.h"
#include "server/api/query_origin.h"
#include "server/api/result_json.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

constexpr storage::DurationMs kMaxPoints = 11'000;

// A required time; the error is a whole text.
Result<storage::TimestampMs> RequiredTime(const Params& params, std::string_view name) {
  auto time = ParseTime(params.Get(name));
  if (time.has_error()) {
    return Error{Errc::kInvalid, fmt::format("invalid parameter \"{}\": {}", name, time.error().what)};
  }
  return *time;
}

Status ReadDuration(const Params& params, std::string_view name, std::optional<storage::DurationMs>& out) {
  if (const auto text = params.Get(name); !text.empty()) {
    const auto parsed = ParseDurationSeconds(text);
    if (parsed.has_error()) {
      return Error{Errc::kInvalid, fmt::format("invalid parameter \"{}\": {}", name, parsed.error().what)};
    }
    out = *parsed;
  }
  return {};
}

struct QueryOptions {
  promql::QueryRequest request;
  std::uint64_t limit = 0;
  std::string_view stats;
  bool plan_only = false;
};

// What both endpoints take besides times.
Result<QueryOptions> ReadOptions(const Request& http) {
  QueryOptions options;
  options.request.text = http.params.Get("query");
  options.request.cancel = http.gone;
  options.request.origin = OriginOf(http);
  options.stats = http.params.Get("stats");
  options.request.step_stats = options.stats == "all";
  const std::string_view explain = http.params.Get("explain");
  if (!explain.empty() && explain != "plan" && explain != "analyze") {
    return Error{Errc::kInvalid, "invalid parameter \"explain\": must be plan or analyze"};
  }
  options.plan_only = explain == "plan";
  // Statistics tell what a query costs, which is not what the end of it costs.
  options.request.use_cache = http.params.Get("nocache") != "1" && options.stats.empty();
  if (explain == "analyze") options.request.analyze = promql::Analyze::kYes;
  if (auto status = ReadDuration(http.params, "timeout", options.request.timeout_ms); status.has_error()) {
    return status.error();
  }
  if (auto status = ReadDuration(http.params, "lookback_delta", options.request.lookback_delta_ms);
      status.has_error()) {
    return status.error();
  }
  const auto limit = ParseLimit(http.params.Get("limit"));
  if (limit.has_error()) {
    return Error{Errc::kInvalid, fmt::format("invalid parameter \"limit\": {}", limit.error().what)};
  }
  options.limit = *limit;
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
  auto options = ReadOptions(http);
  if (options.has_error()) return ApiError(options.error());
  storage::TimestampMs at = deps.clock();
  if (!http.params.Get("time").empty()) {
    const auto time = RequiredTime(http.params, "time");
    if (time.has_error()) return ApiError(time.error());
    at = *time;
  }
  options->request.start_ms = options->request.end_ms = at;
  return Answer(deps.engine, *options);
}

// start, end and step of a range query.
Status ReadRange(const Params& params, promql::QueryRequest& request) {
  const auto start = RequiredTime(params, "start");
  if (start.has_error()) return start.error();
  const auto end = RequiredTime(params, "end");
  if (end.has_error()) return end.error();
  if (*end < *start) {
    return Error{Errc::kInvalid, "invalid parameter \"end\": end timestamp must not be before start time"};
  }
  const auto step = ParseDurationSeconds(params.Get("step"));
  if (step.has_error()) return Error{Errc::kInvalid, "invalid parameter \"step\": " + step.error().what};
  if (*step <= 0) {
    return Error{Errc::kInvalid,
                 "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a "
                 "positive integer"};
  }
  if ((*end - *start) / *step > kMaxPoints) {
    return Error{Errc::kInvalid,
                 "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution "
                 "(?step=XX)"};
  }
  request.start_ms = *start;
  request.end_ms = *end;
  request.step_ms = *step;
  return {};
}

Response RangeQuery(const QueryApiDeps& deps, const Request& http) {
  auto options = ReadOptions(http);
  if (options.has_error()) return ApiError(options.error());
  if (auto status = ReadRange(http.params, options->request); status.has_error()) return ApiError(status.error());
  return Answer(deps.engine, *options);
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
