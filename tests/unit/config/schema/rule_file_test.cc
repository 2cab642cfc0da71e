#include "config/schema/rule_file.h"

#include "tests/support/catch.h"

using namespace vigia::config;
using Catch::Matchers::Contains;

namespace {

std::string Fault(const std::string& text, const RuleFileOptions& options = {}) {
  const auto file = ParseRuleFile(text, "r.yml", options);
  return file ? "" : file.error().what;
}

// One rule of a group "g", written in flow style.
std::string RuleFault(const std::string& rule) { return Fault("groups:\n- name: g\n  rules:\n  - " + rule + "\n"); }

}  // namespace

TEST_CASE("rule files: all fields") {
  const auto file = ParseRuleFile(R"(
groups:
- name: g
  interval: 30s
  query_offset: 5s
  limit: 10
  labels: {team: core, severity: none}
  rules:
  - record: job:up:sum
    expr: |
      sum by (job) (up)
  - alert: Down
    expr: up == 0
    for: 5m
    keep_firing_for: 1m
    labels: {severity: critical}
    annotations: {summary: '{{ $labels.job }} is down'}
- name: empty
)",
                                  "r.yml");
  REQUIRE(file.has_value());
  REQUIRE(file->groups.size() == 2);
  const RuleGroupConfig& group = file->groups[0];
  CHECK(group.interval_ms == 30'000);
  CHECK(group.query_offset_ms == 5'000);
  CHECK(group.limit == 10);
  CHECK(group.line == 3);
  CHECK(group.rules[0].record == "job:up:sum");
  CHECK(group.rules[0].expr == "sum by (job) (up)");
  CHECK(group.rules[0].labels == StringMap{{"severity", "none"}, {"team", "core"}});
  CHECK(group.rules[1].alert == "Down");
  CHECK(group.rules[1].for_ms == 300'000);
  CHECK(group.rules[1].keep_firing_for_ms == 60'000);
  CHECK(group.rules[1].labels == StringMap{{"severity", "critical"}, {"team", "core"}});
  CHECK(group.rules[1].annotations == StringMap{{"summary", "{{ $labels.job }} is down"}});
  CHECK(group.rules[1].line == 12);
  CHECK_FALSE(file->groups[1].interval_ms.has_value());
  CHECK_FALSE(file->groups[1].query_offset_ms.has_value());
  CHECK(ParseRuleFile("", "r.yml")->groups.empty());
}

TEST_CASE("rule files: faults name the file, the line, the group and the rule") {
  CHECK(RuleFault("{record: a, alert: b, expr: up}") ==
        "r.yml:4: group \"g\", rule 1, \"b\": only one of 'record' and 'alert' must be set");
  CHECK(RuleFault("{expr: up}") == "r.yml:4: group \"g\", rule 1, \"\": one of 'record' or 'alert' must be set");
  CHECK(RuleFault("{record: a}") == "r.yml:4: group \"g\", rule 1, \"a\": field 'expr' must be set in rule");
  CHECK_THAT(RuleFault("{record: a, expr: 'sum('}"),
             Contains("r.yml:4: group \"g\", rule 1, \"a\": could not parse expression: 1:5"));
  CHECK(RuleFault("{record: a, expr: up, for: 1m}") ==
        "r.yml:4: group \"g\", rule 1, \"a\": invalid field 'for' in recording rule");
  CHECK_THAT(RuleFault("{record: a, expr: up, keep_firing_for: 1m}"), Contains("'keep_firing_for' in recording rule"));
  CHECK_THAT(RuleFault("{record: a, expr: up, annotations: {a: b}}"), Contains("'annotations' in recording rule"));
  CHECK_THAT(RuleFault("{record: 'a{}', expr: up}"), Contains("braces present in the recording rule name"));
  CHECK_THAT(RuleFault("{alert: a, expr: up, labels: {__name__: x}}"), Contains("invalid label name: __name__"));
  CHECK_THAT(RuleFault("{alert: a, expr: up, for: x}"),
             Contains("group \"g\", rule 1, \"a\": for: \"x\" is not a duration"));
  CHECK_THAT(RuleFault("{alert: a, expr: up, labls: {}}"), Contains("labls: unknown field (did you mean \"labels\"?)"));
  CHECK_THAT(RuleFault("5"), Contains("expected a mapping, found a single value"));
}

TEST_CASE("rule files: faults of groups") {
  CHECK_THAT(Fault("groups: [{rules: []}]"), Contains("Groupname must not be empty"));
  CHECK_THAT(Fault("groups:\n- name: a\n- name: a\n"),
             Contains("r.yml:3: groupname: \"a\" is repeated in the same file"));
  CHECK_THAT(Fault("groups: [{name: a, labels: {__name__: b}}]"), Contains("invalid label name: __name__"));
  CHECK_THAT(Fault("groups: [{name: a, intervall: 1m}]"),
             Contains("group \"a\": intervall: unknown field (did you mean \"interval\"?)"));
  CHECK_THAT(Fault("groups: 5"), Contains("groups: expected a list"));
  CHECK_THAT(Fault("group: []"), Contains("group: unknown field (did you mean \"groups\"?)"));
}

TEST_CASE("rule files: legacy names and experimental functions depend on the options") {
  const std::string dotted = "groups: [{name: g, rules: [{record: a.b, expr: up, labels: {c.d: x}}]}]";
  CHECK(Fault(dotted).empty());
  const std::string fault = Fault(dotted, {.parser = {}, .name_validation = NameValidation::kLegacy});
  CHECK_THAT(fault, Contains("invalid recording rule name: a.b") && Contains("invalid label name: c.d"));
  const std::string experimental = "groups: [{name: g, rules: [{record: a, expr: 'sort_by_label(up, \"x\")'}]}]";
  CHECK_FALSE(Fault(experimental).empty());
  CHECK(Fault(experimental, {.parser = {.experimental_functions = true}, .name_validation = {}}).empty());
}
