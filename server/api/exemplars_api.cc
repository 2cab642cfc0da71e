#include "server/api/exemplars_api.h"

#include <string>
#include <vector>

#include "promql/parser/walk.h"
#include "server/api/envelope.h"
#include "server/api/parameters.h"
#include "server/api/result_json.h"

namespace vigia::server {
namespace {

using storage::Matcher;
using storage::TimestampMs;

std::vector<std::vector<Matcher>> SelectorsOf(const promql::Expr& expr) {
  std::vector<std::vector<Matcher>> selectors;
  promql::Walk(expr, [&](const promql::Expr& node) {
    if (const auto* vector = node.As<promql::VectorSelector>()) selectors.push_back(vector->matchers);
    if (const auto* matrix = node.As<promql::MatrixSelector>()) selectors.push_back(matrix->selector.matchers);
  });
  return selectors;
}

std::string ToJson(const std::vector<storage::ExemplarSeries>& found) {
  std::string out;
  std::string labels;
  JsonWriter json(out);
  const auto add_labels = [&](std::string_view key, const storage::Labels& of) {
    labels.clear();
    AppendLabelsJson(labels, of);
    json.Key(key).Raw(labels);
  };
  json.BeginArray();
  for (const storage::ExemplarSeries& series : found) {
    json.BeginObject();
    add_labels("seriesLabels", series.labels);
    json.Key("exemplars").BeginArray();
    for (const storage::Exemplar& exemplar : series.exemplars) {
      json.BeginObject();
      add_labels("labels", exemplar.labels);
      json.Key("value").SampleValue(exemplar.v).Key("timestamp").TimestampSeconds(exemplar.t).EndObject();
    }
    json.EndArray().EndObject();
  }
  json.EndArray();
  return out;
}

// Both times may be left out. The probe that Grafana sends has them in milliseconds: any time is accepted.
Response QueryExemplars(const storage::ExemplarQueryable& exemplars, const promql::ParserOptions& parser,
                        const Request& http) {
  TimestampMs start_ms = storage::kMinTimestampMs;
  TimestampMs end_ms = storage::kMaxTimestampMs;
  for (const auto& [name, time] : {std::pair("start", &start_ms), std::pair("end", &end_ms)}) {
    const auto& text = http.params.Get(name);
    if (text.empty()) continue;
    const auto parsed = ParseTime(text);
    if (parsed.has_error()) return InvalidParameter(name, parsed.error().what);
    *time = *parsed;
  }
  if (end_ms < start_ms) return ApiError(ApiErrorType::kBadData, "end timestamp must not be before start timestamp");
  const auto expr = promql::ParseExpr(http.params.Get("query"), parser);
  if (expr.has_error()) return InvalidParameter("query", expr.error().what);
  const auto selectors = SelectorsOf(**expr);
  const auto found = exemplars.SelectExemplars(start_ms, end_ms, selectors);
  return found.has_error() ? ApiError(found.error()) : ApiSuccess(ToJson(*found));
}

}  // namespace

void RegisterExemplarsApi(Router& router, const storage::ExemplarQueryable& exemplars, promql::ParserOptions parser) {
  router.Add({"GET", "POST"}, "/api/v1/query_exemplars",
             [&exemplars, parser](const Request& http) { return QueryExemplars(exemplars, parser, http); });
}

}  // namespace vigia::server
