// Texts that people and programs write: expressions, configuration, rules, templates.
#include "alerting/template/template.h"
#include "config/schema/config.h"
#include "config/schema/rule_file.h"
#include "config/yaml/parse.h"
#include "promql/parser/parse.h"
#include "promql/parser/printer.h"
#include "tests/fuzz/decoders/target.h"

namespace vigia::fuzz {
namespace {

constexpr std::string_view kPromqlWords[] = {"sum",
                                             "rate(",
                                             "by",
                                             "without",
                                             "(",
                                             ")",
                                             "[5m]",
                                             "{",
                                             "}",
                                             "offset",
                                             "@",
                                             "start()",
                                             "end()",
                                             "-1d",
                                             "on",
                                             "ignoring",
                                             "group_left",
                                             "group_right",
                                             "bool",
                                             "==",
                                             "=~",
                                             "!~",
                                             "and",
                                             "or",
                                             "unless",
                                             "\"a\"",
                                             "'b'",
                                             "0x1F",
                                             "1e9",
                                             "NaN",
                                             "Inf",
                                             "histogram_quantile(",
                                             "topk(",
                                             ":",
                                             "::",
                                             "atan2",
                                             "^",
                                             "%",
                                             "fill",
                                             "smoothed",
                                             "anchored",
                                             "limitk",
                                             "\\x",
                                             "`",
                                             "#",
                                             "\xc3\xa4",
                                             "{__name__=\"x\"}",
                                             "{\"x.y\"}",
                                             "step()",
                                             "min_of(",
                                             "{{"};
std::span<const std::string_view> PromqlWords() { return kPromqlWords; }

std::vector<std::string> PromqlSeeds() {
  return {"up",
          "sum by (job) (rate(http_requests_total{job=~\"a.*\",code!=\"500\"}[5m] offset 1h)) > bool 0.5",
          "a and on (b) group_left (c) d",
          "max_over_time(rate(x[1m])[1h:30s] @ end())",
          "histogram_quantile(0.9, sum by (le) (rate(h_bucket[5m])))",
          "-(1 + 2) * 3 ^ -4 % 5 atan2 6",
          "{\"metric.name\", label=\"\\u00e4\\n\"}",
          "label_replace(x, \"a\", \"$1\", \"b\", \"(.*)\")",
          "count_values without (a, b) (\"v\", x offset -5m)",
          "{{schema:0 sum:3 count:2 buckets:[1 1]}}",
          "rate(x[5m + 1m])",
          "x + fill(0) y",
          "increase(x[5m] anchored)"};
}

void RunPromql(std::string_view input) {
  for (const bool all : {false, true}) {
    const auto expr = promql::ParseExpr(input, {all, all, all});
    if (!expr) {
      MUST(!expr.error().what.empty());
      continue;
    }
    // What is printed means the same.
    const std::string text = promql::ToString(**expr);
    const auto again = promql::ParseExpr(text, {all, all, all});
    if (!again)
      std::fprintf(stderr, "%s\n  is printed as %s\n  %s\n", std::string(input).c_str(), text.c_str(),
                   again.error().what.c_str());
    MUST(again.has_value());
    MUST(promql::ToString(**again) == text);
    const auto pretty = promql::ParseExpr(promql::Pretty(**expr), {all, all, all});
    MUST(pretty.has_value());
    MUST(promql::ToString(**pretty) == text);
  }
  static_cast<void>(promql::ParseMetricSelector(input).has_value());
  static_cast<void>(promql::ParseMetric(input).has_value());
  if (const auto duration = promql::ParseDuration(input)) {
    const auto again = promql::ParseDuration(promql::FormatDuration(*duration));
    MUST(again.has_value() && *again == *duration);
  }
}

constexpr std::string_view kYamlWords[] = {"global:\n",
                                           "  scrape_interval: 15s\n",
                                           "scrape_configs:\n",
                                           "- job_name: x\n",
                                           "  static_configs:\n",
                                           "  - targets: [a:1]\n",
                                           "relabel_configs:\n",
                                           "action: ",
                                           "regex: ",
                                           "rule_files: [",
                                           "alerting:\n",
                                           "&a",
                                           "*a",
                                           "<<: *a",
                                           "!!str",
                                           "|\n",
                                           ">-\n",
                                           "[",
                                           "]",
                                           "{",
                                           "}",
                                           ": ",
                                           "- ",
                                           "\n",
                                           "  ",
                                           "\"",
                                           "'",
                                           "#",
                                           "---\n",
                                           "remote_write:\n",
                                           "storage:\n",
                                           "groups:\n",
                                           "  rules:\n",
                                           "expr: ",
                                           "record: ",
                                           "alert: ",
                                           "for: 5m\n",
                                           "labels:\n",
                                           "annotations:\n",
                                           "null",
                                           "~",
                                           "yes",
                                           "0x10",
                                           "1e3",
                                           "\\u0000"};
std::span<const std::string_view> YamlWords() { return kYamlWords; }

std::vector<std::string> ConfigSeeds() {
  return {
      "global:\n  scrape_interval: 15s\n  external_labels: {a: b}\nscrape_configs:\n- job_name: x\n  static_configs:\n"
      "  - targets: ['a:1', b:2]\n    labels: {c: d}\n  relabel_configs:\n  - source_labels: [__address__]\n"
      "    regex: '(.*):.*'\n    target_label: host\n    replacement: $1\n  metric_relabel_configs:\n"
      "  - {action: drop, source_labels: [__name__], regex: go_.*}\n",
      "rule_files: ['rules/*.yml']\nalerting:\n  alertmanagers:\n  - static_configs: [{targets: ['am:9093']}]\n    "
      "scheme: https\n"
      "    tls_config: {insecure_skip_verify: true}\n    basic_auth: {username: u, password: p}\n",
      "x: &a {b: 1, c: [2, 3]}\ny:\n  <<: *a\n  d: |\n    text\n    more\n  e: >-\n    folded\n    text\nf: "
      "\"q\\u00e4\\n\"\ng: ~\n",
      "storage:\n  tsdb: {out_of_order_time_window: 1h, retention: {time: 30d, size: 10GB}}\n"
      "  retention_policies:\n  - matchers: ['{job=\"x\"}']\n    time: 90d\n"};
}
std::vector<std::string> RuleSeeds() {
  return {
      "groups:\n- name: g\n  interval: 30s\n  limit: 10\n  labels: {team: x}\n  rules:\n  - record: a:b\n    expr: sum "
      "by (a) (b)\n"
      "    labels: {c: d}\n  - alert: Down\n    expr: up == 0\n    for: 5m\n    keep_firing_for: 1m\n"
      "    labels: {severity: page}\n    annotations: {summary: '{{ $labels.instance }} is {{ $value | humanize "
      "}}'}\n"};
}

void RunYaml(std::string_view input) {
  config::yaml::Limits limits;
  limits.max_nodes = 10'000;
  limits.max_text_bytes = 1u << 20;
  static_cast<void>(config::yaml::Parse(input, "fuzz.yml", limits).has_value());
}

void RunConfig(std::string_view input) {
  const auto config = config::ParseConfig(input, "fuzz.yml");
  if (!config) MUST(!config.error().what.empty());
}

void RunRules(std::string_view input) {
  const auto rules = config::ParseRuleFile(input, "fuzz.yml");
  if (!rules) MUST(!rules.error().what.empty());
}

constexpr std::string_view kTemplateWords[] = {"{{",
                                               "}}",
                                               "{{-",
                                               "-}}",
                                               "$labels",
                                               ".Labels",
                                               "$value",
                                               "$externalLabels",
                                               ".Value",
                                               "if ",
                                               "else",
                                               "else if ",
                                               "end",
                                               "range ",
                                               "with ",
                                               "define \"x\"",
                                               "template \"x\" .",
                                               "block \"y\" .",
                                               "break",
                                               "continue",
                                               "humanize",
                                               "printf \"%v\"",
                                               "\"%5.2f\"",
                                               "| ",
                                               "query \"up\"",
                                               "first",
                                               "label \"a\"",
                                               "value",
                                               "eq ",
                                               "ne ",
                                               "lt ",
                                               "and ",
                                               "or ",
                                               "not ",
                                               "len ",
                                               "index ",
                                               "slice ",
                                               "(",
                                               ")",
                                               ":=",
                                               "=",
                                               "$x",
                                               "/*",
                                               "*/",
                                               "title",
                                               "toUpper",
                                               "reReplaceAll \"(a*)*b\" \"$1\"",
                                               "match",
                                               "args 1 2",
                                               "0x1p-2",
                                               "'a'",
                                               "`",
                                               "toTime",
                                               "humanizeDuration",
                                               "parseDuration",
                                               "strvalue",
                                               "sortByLabel \"a\"",
                                               "tableLink",
                                               "safeHtml",
                                               "externalURL",
                                               "html",
                                               "js",
                                               "urlquery"};
std::span<const std::string_view> TemplateWords() { return kTemplateWords; }

std::vector<std::string> TemplateSeeds() {
  return {"{{ $labels.instance }} of {{ .Labels.job | toUpper }}: {{ $value | humanize }}",
          "{{ range query \"up\" | sortByLabel \"instance\" }}{{ .Labels.instance }}={{ .Value | humanize1024 }}\n{{ "
          "else }}none{{ end }}",
          "{{ define \"x\" }}[{{ . }}]{{ end }}{{ template \"x\" $value }}{{ block \"y\" . }}{{ .Value }}{{ end }}",
          "{{ $x := 5 }}{{ if and (gt $value 1.0) (ne $labels.a \"b\") }}{{ $x = 6 }}{{ else if not true }}-{{ else "
          "}}{{ printf \"%5.2f|%-8s|%q\" $value "
          "\"a\" 'x' }}{{ end }}{{ $x }}",
          "{{- with index $labels \"a\" -}} {{ . | title | len }} {{- end -}} {{/* comment */}}",
          "{{ $value | humanizeDuration }} {{ 1435781451 | humanizeTimestamp }} {{ \"1h\" | parseDuration }} {{ "
          "(1435781451 | toTime).Year }}",
          "{{ reReplaceAll \"(.*):.*\" \"$1\" $labels.instance }} {{ \"a:1\" | stripPort }} {{ match \"a.*\" \"abc\" "
          "}} {{ slice \"abc\" 1 2 }}"};
}

void RunTemplate(std::string_view input) {
  const auto parsed = alerting::ParseAlertTemplate("Fuzz", input);
  if (!parsed) {
    MUST(!parsed.error().what.empty());
    return;
  }
  promql::VectorElement element;
  element.metric = storage::Labels{{"instance", "a:9100"}, {"job", "node"}};
  element.v = 1.5;
  alerting::TemplateEnvironment environment;
  environment.now_ms = 1'699'963'200'000;
  environment.external_url = "http://localhost:9090";
  environment.max_string_bytes = 1u << 16;
  environment.query = [&element](std::string_view expr) -> storage::Result<promql::Vector> {
    if (expr == "none") return promql::Vector();
    return promql::Vector{element, element};
  };
  alerting::TemplateLimits limits;
  limits.output_bytes = 1u << 16;
  limits.loop_iterations = 1000;
  const auto data = alerting::AlertTemplateData(element.metric, storage::Labels{{"region", "eu"}}, "http://x", element);
  const auto out = parsed->Expand(data, environment, limits);
  MUST(!out || out->size() <= limits.output_bytes);
}

constexpr Target kTargets[] = {
    {"promql", &PromqlSeeds, &PromqlWords, &RunPromql},         {"yaml", &ConfigSeeds, &YamlWords, &RunYaml},
    {"config", &ConfigSeeds, &YamlWords, &RunConfig},           {"rules", &RuleSeeds, &YamlWords, &RunRules},
    {"template", &TemplateSeeds, &TemplateWords, &RunTemplate},
};

}  // namespace

std::span<const Target> TextTargets() { return kTargets; }

}  // namespace vigia::fuzz
