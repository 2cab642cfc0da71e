#include "server/app/features.h"

#include "promql/parser/ast.h"
#include "promql/parser/function_signature.h"

namespace vigia::server {
namespace {

using Category = std::map<std::string, bool>;

Category All(std::initializer_list<const char*> names) {
  Category out;
  for (const char* name : names) out[name] = true;
  return out;
}

Category ApiFeatures(const Options& o) {
  Category out = All({"exclude_alerts", "label_values_match", "query_stats", "query_warnings", "time_range_labels",
                      "time_range_series", "openapi_3.1", "openapi_3.2", "search_fuzz_alg_jarowinkler",
                      "search_fuzz_alg_subsequence"});
  out["admin"] = o.enable_admin_api;
  out["lifecycle"] = o.enable_lifecycle;
  out["otlp_write_receiver"] = o.enable_otlp_receiver;
  out["remote_write_receiver"] = o.enable_remote_write_receiver;
  out["search"] = o.HasFeature("search-api");
  return out;
}

Category LanguageFeatures(const Options& o) {
  Category out = All({"at_modifier", "bool", "by", "duration_expr", "group_left", "group_right", "ignoring",
                      "negative_offset", "offset", "on", "per_query_lookback_delta", "subqueries", "without"});
  const promql::ParserOptions parser = o.parser();
  out["anchored"] = out["smoothed"] = parser.extended_range_selectors;
  out["fill"] = out["fill_left"] = out["fill_right"] = parser.binop_fill_modifiers;
  out["delayed_name_removal"] = o.HasFeature("promql-delayed-name-removal");
  out["per_step_stats"] = o.HasFeature("promql-per-step-stats");
  out["type_and_unit_labels"] = o.HasFeature("type-and-unit-labels");
  return out;
}

Category Functions(const Options& o) {
  Category out;
  for (const promql::FunctionSignature& function : promql::AllFunctions()) {
    out[std::string(function.name)] = !function.experimental || o.parser().experimental_functions;
  }
  return out;
}

Category Operators(const Options& o) {
  Category out = All({"!=", "!~", "%", "*", "+",  "-",  "/",   "<",     "<=", "==",    "=~",
                      ">",  ">=", "@", "^", "</", ">/", "and", "atan2", "or", "unless"});
  for (int i = 0; i <= static_cast<int>(promql::AggregateOp::kLimitRatio); ++i) {
    const auto op = static_cast<promql::AggregateOp>(i);
    out[std::string(promql::ToString(op))] = !promql::IsExperimental(op) || o.parser().experimental_functions;
  }
  return out;
}

}  // namespace

FeatureMap FeaturesOf(const Options& o) {
  FeatureMap out;
  out["api"] = ApiFeatures(o);
  out["otlp_receiver"] = {{"delta_conversion", o.HasFeature("otlp-deltatocumulative")},
                          {"native_delta_ingestion", o.HasFeature("otlp-native-delta-ingestion")}};
  out["prometheus"] = {{"agent_mode", false},
                       {"auto_reload_config", o.config_auto_reload},
                       {"server_mode", true},
                       {"stringlabels", true}};
  out["promql"] = LanguageFeatures(o);
  out["promql_functions"] = Functions(o);
  out["promql_operators"] = Operators(o);
  out["rules"] = {{"concurrent_rule_eval", false}, {"keep_firing_for", true}, {"query_offset", true}};
  out["scrape"] = {{"extra_scrape_metrics", true},
                   {"start_timestamp_zero_ingestion", o.start_use().as_zeros},
                   {"type_and_unit_labels", o.HasFeature("type-and-unit-labels")}};
  out["service_discovery_providers"] =
      All({"consul", "dns", "docker", "dockerswarm", "file", "http", "kubernetes", "static"});
  out["templating_functions"] = All({"args",
                                     "externalURL",
                                     "first",
                                     "graphLink",
                                     "humanize",
                                     "humanize1024",
                                     "humanizeDuration",
                                     "humanizePercentage",
                                     "humanizeTimestamp",
                                     "label",
                                     "match",
                                     "now",
                                     "parseDuration",
                                     "pathPrefix",
                                     "query",
                                     "reReplaceAll",
                                     "safeHtml",
                                     "sortByLabel",
                                     "stripDomain",
                                     "stripPort",
                                     "strvalue",
                                     "tableLink",
                                     "title",
                                     "toDuration",
                                     "toLower",
                                     "toTime",
                                     "toUpper",
                                     "urlQueryEscape",
                                     "value"});
  out["tsdb"] = {{"delayed_compaction", false},
                 {"exemplar_storage", o.HasFeature("exemplar-storage")},
                 {"histograms_st_encoding", o.start_use().stored},
                 {"isolation", true},
                 {"native_histograms", true},
                 {"st_storage", o.start_use().stored},
                 {"use_uncached_io", false},
                 {"xor2_encoding", false}};
  out["ui"] = {{"ui_v2", false}, {"ui_v3", true}};
  return out;
}

}  // namespace vigia::server
