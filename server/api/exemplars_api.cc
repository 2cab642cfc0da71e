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
  const auto range = ParseTimeRange(http.params);
  if (range.has_error()) return ApiError(range.error());
  if (range->end_ms < range->start_ms)
    return ApiError(ApiErrorType::kBadData, "end timestamp must not be before start timestamp");
  const auto expr = promql::ParseExpr(http.params.Get("query"), parser);
  if (expr.has_error()) return ApiError(ApiErrorType::kBadData, expr.error().what);
  const auto selectors = SelectorsOf(**expr);
  const auto found = exemplars.SelectExemplars(range->start_ms, range->end_ms, selectors);
  return found.has_error() ? ApiError(found.error()) : ApiSuccess(ToJson(*found));
}

}  // namespace

void RegisterExemplarsApi(Router& router, const storage::ExemplarQueryable& exemplars, promql::ParserOptions parser) {
  router.Add({"GET", "POST"}, "/api/v1/query_exemplars",
             [&exemplars, parser](const Request& http) { return QueryExemplars(exemplars, parser, http); });
}

}  // namespace vigia::server
