#include "server/api/openapi_paths.h"

namespace vigia::server {
namespace {

using enum ParameterKind;

constexpr ParameterWords kQuery{"query", kText, "A PromQL expression.", true};
constexpr ParameterWords kStart{"start", kTime, "First time, inclusive."};
constexpr ParameterWords kEnd{"end", kTime, "Last time, inclusive."};
constexpr ParameterWords kMatch{"match[]", kTexts, "Series selectors."};
constexpr ParameterWords kMatchRequired{"match[]", kTexts, "Series selectors.", true};
constexpr ParameterWords kLimit{"limit", kCount, "Most results; 0: no limit."};
constexpr ParameterWords kTimeout{"timeout", kDuration, "Longest time that the query may take."};
constexpr ParameterWords kLookback{"lookback_delta", kDuration, "How far back a selector looks for its newest sample."};
constexpr ParameterWords kStats{"stats", kText, "Any text for statistics of the query, all for each step."};
constexpr ParameterWords kExplain{"explain", kText, "plan or analyze: how the query is carried out."};
constexpr ParameterWords kPool{"scrapePool", kText, "Name of a scrape pool."};

// What all searches take, with what one of them takes more.
std::vector<ParameterWords> SearchParameters(std::vector<ParameterWords> more) {
  std::vector<ParameterWords> out{
      {"search[]", kTexts, "What is looked for; any of them."},
      {"fuzz_threshold", kCount, "Lowest score of a result, from 0 to 100."},
      {"fuzz_alg", kText, "subsequence or jarowinkler."},
      {"case_sensitive", kFlag, "Whether case counts; true by default."},
      {"sort_by", kText, "alpha or score."},
      {"sort_dir", kText, "asc or dsc, for sort_by=alpha."},
      {"include_score", kFlag, "Whether results carry their score."},
      kMatch,
      {"start", kTime, "First time; an hour ago by default."},
      {"end", kTime, "Last time; now by default."},
      {"limit", kCount, "Most results; 100 by default."},
      {"batch_size", kCount, "Results of a line; 100 by default."},
  };
  out.insert(out.end(), more.begin(), more.end());
  return out;
}

void AddQueries(std::vector<PathWords>& out) {
  out.push_back({"/query",
                 "query",
                 "Evaluates an expression at one time.",
                 {kQuery,
                  {"time", kTime, "Time of the evaluation; now by default."},
                  kTimeout,
                  kLimit,
                  kLookback,
                  kStats,
                  kExplain}});
  out.push_back({"/query_range",
                 "query",
                 "Evaluates an expression over a range of time.",
                 {kQuery,
                  {"start", kTime, "First time, inclusive.", true},
                  {"end", kTime, "Last time, inclusive.", true},
                  {"step", kDuration, "Distance of the evaluations.", true},
                  kTimeout,
                  kLimit,
                  kLookback,
                  kStats,
                  kExplain,
                  {"nocache", kText, "1: nothing of the answer comes from kept results."}}});
  out.push_back(
      {"/query_exemplars", "query", "Exemplars of the series that an expression selects.", {kQuery, kStart, kEnd}});
  out.push_back({"/format_query", "query", "Writes an expression in the usual way.", {kQuery}});
  out.push_back({"/parse_query", "query", "The syntax tree of an expression.", {kQuery}});
  out.push_back({"/query/active", "query", "Queries that run or wait."});
  out.push_back({"/query/active/{id}",
                 "query",
                 "Cancels a query.",
                 {{"id", kText, "Of /query/active.", true, ParameterPlace::kPath}},
                 AnswerKind::kNothing});
  out.push_back({"/query/top",
                 "query",
                 "The most expensive queries since the start.",
                 {kLimit, {"by", kText, "seconds, count, samples, max_seconds or peak_bytes."}}});
}

void AddMetadata(std::vector<PathWords>& out) {
  out.push_back({"/labels", "metadata", "Label names.", {kStart, kEnd, kMatch, kLimit}});
  out.push_back({"/label/{name}/values",
                 "metadata",
                 "Values of a label.",
                 {{"name", kText, "The label; U__ begins an escaped name.", true, ParameterPlace::kPath},
                  kStart,
                  kEnd,
                  kMatch,
                  kLimit}});
  out.push_back({"/series", "metadata", "Label sets of series.", {kMatchRequired, kStart, kEnd, kLimit}});
  out.push_back(
      {"/metadata",
       "metadata",
       "Type, help and unit of metrics.",
       {{"metric", kText, "Of this one only."}, kLimit, {"limit_per_metric", kCount, "Most entries of a metric."}}});
  const auto search = [&](std::string_view path, std::string_view summary, std::vector<ParameterWords> more) {
    out.push_back(
        {path, "search", summary, SearchParameters(std::move(more)), AnswerKind::kOther, "application/x-ndjson"});
  };
  search("/search/metric_names", "Metric names that fit; lines of JSON.",
         {{"include_metadata", kFlag, "Whether results carry type, help and unit."}});
  search("/search/label_names", "Label names that fit; lines of JSON.", {});
  search("/search/label_values", "Values of a label that fit; lines of JSON.", {{"label", kText, "The label.", true}});
}

void AddTargets(std::vector<PathWords>& out) {
  out.push_back(
      {"/targets", "targets", "Targets and their state.", {{"state", kText, "active, dropped or any."}, kPool}});
  out.push_back({"/targets/metadata",
                 "targets",
                 "Metadata of metrics by target.",
                 {{"match_target", kText, "Selector of targets by their labels."},
                  {"metric", kText, "Of this one only."},
                  kLimit}});
  out.push_back({"/targets/relabel_steps",
                 "targets",
                 "Relabelling of labels, rule by rule.",
                 {kPool, {"labels", kText, "A JSON object of labels.", true}}});
  out.push_back({"/scrape_pools", "targets", "Names of the scrape pools."});
  out.push_back({"/scrape_pools/config", "targets", "Configuration of a scrape pool.", {kPool}});
  out.push_back({"/rules",
                 "rules",
                 "Rule groups and their state.",
                 {{"type", kText, "alert or record."},
                  {"rule_name[]", kTexts, "Names of rules."},
                  {"rule_group[]", kTexts, "Names of groups."},
                  {"file[]", kTexts, "Paths of files."},
                  kMatch,
                  {"exclude_alerts", kFlag, "Whether the alerts of rules are left out."},
                  {"group_limit", kCount, "Most groups of an answer."},
                  {"group_next_token", kText, "Of the answer before."}}});
  out.push_back({"/alerts", "rules", "Active alerts."});
  out.push_back({"/alertmanagers", "rules", "Alertmanagers that are told."});
}

void AddStatus(std::vector<PathWords>& out) {
  out.push_back({"/status/config", "status", "The configuration, with its defaults."});
  out.push_back({"/status/flags", "status", "Values of the flags."});
  out.push_back({"/status/runtimeinfo", "status", "State of the process."});
  out.push_back({"/status/buildinfo", "status", "Version of the server."});
  out.push_back({"/status/tsdb", "status", "Series and labels of the storage.", {kLimit}});
  out.push_back({"/status/tsdb/blocks", "status", "Partitions of the storage."});
  out.push_back({"/status/walreplay", "status", "Progress of the start."});
  out.push_back({"/status/self_metrics",
                 "status",
                 "Metrics of the server itself.",
                 {{"metric_name_pattern", kText, "Regular expression of their names."}}});
  out.push_back({"/status/retention",
                 "status",
                 "What retention policies and rules of downsampling hold, or would.",
                 {{"policy", kTexts, "Policies to try."}, {"downsampling", kTexts, "Rules to try."}}});
  out.push_back({"/features", "status", "What this server can do."});
  out.push_back({"/notifications", "status", "What needs attention."});
  out.push_back(
      {"/notifications/live", "status", "The same as it happens.", {}, AnswerKind::kOther, "text/event-stream"});
  out.push_back({"/openapi.yaml",
                 "status",
                 "This document.",
                 {{"openapi_version", kText, "3.1 or 3.2."}},
                 AnswerKind::kOther,
                 "application/yaml"});
}

void AddWriting(std::vector<PathWords>& out) {
  out.push_back(
      {"/admin/tsdb/delete_series", "admin", "Deletes samples.", {kMatchRequired, kStart, kEnd}, AnswerKind::kNothing});
  out.push_back(
      {"/admin/tsdb/clean_tombstones", "admin", "Removes deleted samples from the disk.", {}, AnswerKind::kNothing});
  out.push_back({"/admin/tsdb/snapshot", "admin", "Makes a copy of all data."});
  out.push_back({"/admin/tsdb/compact", "admin", "Seals, rewrites and settles everything.", {}, AnswerKind::kNothing});
  out.push_back({"/write",
                 "remote",
                 "Takes samples by remote write 1.0 or 2.0.",
                 {},
                 AnswerKind::kNothing,
                 "application/json",
                 "application/x-protobuf"});
  out.push_back({"/read",
                 "remote",
                 "Gives samples by remote read.",
                 {},
                 AnswerKind::kOther,
                 "application/x-protobuf",
                 "application/x-protobuf"});
  out.push_back({"/otlp/v1/metrics",
                 "remote",
                 "Takes metrics by OTLP.",
                 {},
                 AnswerKind::kOther,
                 "application/x-protobuf",
                 "application/x-protobuf"});
}

}  // namespace

const std::vector<PathWords>& OpenApiPaths() {
  static const std::vector<PathWords> kPaths = [] {
    std::vector<PathWords> out;
    AddQueries(out);
    AddMetadata(out);
    AddTargets(out);
    AddStatus(out);
    AddWriting(out);
    return out;
  }();
  return kPaths;
}

}  // namespace vigia::server
