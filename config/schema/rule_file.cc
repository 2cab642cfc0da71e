#include "config/schema/rule_file.h"

#include <algorithm>
#include <set>

#include "config/schema/codecs.h"
#include "config/schema/read_file.h"
#include "config/schema/rule_sections.h"
#include "config/yaml/parse.h"

namespace vigia::config {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

std::string Trimmed(const std::string& text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

int LineOf(const yaml::Node& node, std::string_view key) {
  const yaml::Node* value = node.Find(key);
  return value == nullptr ? node.line : value->line;
}

void CheckLabels(Reader& in, const yaml::Node& node, const StringMap& labels) {
  for (const auto& [name, value] : labels) {
    if (!IsValidLabelName(name, in.validation()) || name == storage::kMetricName) {
      in.Fail(LineOf(node, "labels"), "invalid label name: " + name);
    }
    if (!storage::IsValidUtf8(value)) in.Fail(LineOf(node, "labels"), "invalid label value: " + storage::Quoted(value));
  }
}

void CheckExpression(Reader& in, const yaml::Node& node, const RuleConfig& rule, const promql::ParserOptions& options) {
  if (rule.expr.empty()) {
    in.Fail(LineOf(node, "expr"), "field 'expr' must be set in rule");
    return;
  }
  if (const auto expr = promql::ParseExpr(rule.expr, options); !expr) {
    in.Fail(LineOf(node, "expr"), "could not parse expression: " + expr.error().what);
  }
}

void CheckRecording(Reader& in, const yaml::Node& node, const RuleConfig& rule) {
  const int line = LineOf(node, "record");
  if (!rule.annotations.empty()) in.Fail(line, "invalid field 'annotations' in recording rule");
  if (rule.for_ms != 0) in.Fail(line, "invalid field 'for' in recording rule");
  if (rule.keep_firing_for_ms != 0) in.Fail(line, "invalid field 'keep_firing_for' in recording rule");
  if (!IsValidMetricName(rule.record, in.validation())) in.Fail(line, "invalid recording rule name: " + rule.record);
  // UTF-8 names may hold braces, but one that does is an expression in the wrong place.
  if (rule.record.find_first_of("{}") != std::string::npos) {
    in.Fail(line, "braces present in the recording rule name; should it be in expr?: " + rule.record);
  }
}

void CheckRule(Reader& in, const yaml::Node& node, const RuleConfig& rule, const promql::ParserOptions& options) {
  if (!rule.record.empty() && !rule.alert.empty()) {
    in.Fail(LineOf(node, "record"), "only one of 'record' and 'alert' must be set");
  }
  if (rule.record.empty() && rule.alert.empty()) in.Fail(node, "one of 'record' or 'alert' must be set");
  CheckExpression(in, node, rule, options);
  if (!rule.record.empty()) CheckRecording(in, node, rule);
  CheckLabels(in, node, rule.labels);
  for (const auto& [name, value] : rule.annotations) {
    if (!IsValidLabelName(name, in.validation())) {
      in.Fail(LineOf(node, "annotations"), "invalid annotation name: " + name);
    }
  }
}

// The rule's own labels win.
void MergeGroupLabels(const StringMap& group, StringMap& labels) {
  const std::size_t own = labels.size();
  for (const auto& label : group) {
    const auto end = labels.begin() + static_cast<std::ptrdiff_t>(own);
    const auto same = std::find_if(labels.begin(), end, [&](const auto& other) { return other.first == label.first; });
    if (same == end) labels.push_back(label);
  }
  std::sort(labels.begin(), labels.end());
}

std::string RuleTitle(const RuleGroupConfig& group, std::size_t number, const yaml::Node& node) {
  const yaml::Node* name = node.Find("alert");
  if (name == nullptr) name = node.Find("record");
  return "group " + storage::Quoted(group.name) + ", rule " + std::to_string(number) + ", " +
         storage::Quoted(name == nullptr ? "" : name->text);
}

void ReadRules(Reader& in, const yaml::Node& node, const promql::ParserOptions& options, RuleGroupConfig& group) {
  const yaml::Node* rules = node.Find("rules");
  if (rules == nullptr || rules->IsNull()) return;
  if (rules->kind != yaml::Kind::kSequence) {
    in.Fail(*rules, "rules: expected a list, found " + std::string(yaml::Describe(rules->kind)));
    return;
  }
  for (std::size_t i = 0; i < rules->items.size(); ++i) {
    const yaml::Node& item = rules->items[i];
    const auto title = in.Title(RuleTitle(group, i + 1, item));
    RuleConfig rule;
    const std::size_t before = in.faults();
    ReadFields(in, item, RuleFields(), rule);
    rule.expr = Trimmed(rule.expr);
    rule.line = item.line;
    if (in.faults() == before) CheckRule(in, item, rule, options);
    MergeGroupLabels(group.labels, rule.labels);
    group.rules.push_back(std::move(rule));
  }
}

RuleGroupConfig ReadGroup(Reader& in, const yaml::Node& node, const promql::ParserOptions& options) {
  RuleGroupConfig group;
  group.line = node.line;
  const yaml::Node* name = node.Find("name");
  const auto title = in.Title("group " + storage::Quoted(name == nullptr ? "" : name->text));
  ReadFields(in, node, RuleGroupFields(), group);
  if (node.kind != yaml::Kind::kMapping) return group;
  if (group.name.empty()) in.Fail(node, "Groupname must not be empty");
  CheckLabels(in, node, group.labels);
  ReadRules(in, node, options, group);
  return group;
}

void ReadGroups(Reader& in, const yaml::Node& root, const promql::ParserOptions& options, RuleFile& file) {
  struct Root {};
  // Groups are read by hand, for their faults name the group and the rule.
  static const FieldTable<Root> kRootFields{Field<Root>{.key = "groups",
                                                        .type = {},
                                                        .default_text = {},
                                                        .sentence = {},
                                                        .part_of = {},
                                                        .read = [](Reader&, const yaml::Node&, Root&) {},
                                                        .write = [](const Root&, yaml::Node&) {}}};
  Root ignored;
  ReadFields(in, root, kRootFields, ignored);
  const yaml::Node* groups = root.Find("groups");
  if (groups == nullptr || groups->IsNull()) return;
  if (groups->kind != yaml::Kind::kSequence) {
    in.Fail(*groups, "groups: expected a list, found " + std::string(yaml::Describe(groups->kind)));
    return;
  }
  std::set<std::string> names;
  for (const yaml::Node& node : groups->items) {
    RuleGroupConfig group = ReadGroup(in, node, options);
    if (!names.insert(group.name).second) {
      in.Fail(node, "groupname: " + storage::Quoted(group.name) + " is repeated in the same file");
    }
    file.groups.push_back(std::move(group));
  }
}

}  // namespace

const FieldTable<RuleConfig>& RuleFields() {
  using T = RuleConfig;
  static const FieldTable<T> kFields{
      MakeField<StringCodec>("record", &T::record, "", "Name of the series that a recording rule writes."),
      MakeField<StringCodec>("alert", &T::alert, "", "Name of an alert; a rule has either this or `record`."),
      MakeField<StringCodec>("expr", &T::expr, "", "Required. PromQL expression.", Show::kAlways),
      MakeField<DurationCodec>("for", &T::for_ms, "0s", "How long an alert is pending before it fires."),
      MakeField<DurationCodec>("keep_firing_for", &T::keep_firing_for_ms, "0s",
                               "How long an alert fires on after its condition is gone."),
      MakeField<StringMapCodec>("labels", &T::labels, "{}", "Labels added to the result; templates for alerts."),
      MakeField<StringMapCodec>("annotations", &T::annotations, "{}", "Texts of an alert, as templates."),
  };
  return kFields;
}

const FieldTable<RuleGroupConfig>& RuleGroupFields() {
  using T = RuleGroupConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields{
        MakeField<StringCodec>("name", &T::name, "", "Required. Name of the group, unique in the file.", Show::kAlways),
        MakeField<OptionalCodec<DurationCodec>>("interval", &T::interval_ms, "global.evaluation_interval",
                                                "How often the group is evaluated."),
        MakeField<OptionalCodec<DurationCodec>>("query_offset", &T::query_offset_ms, "global.rule_query_offset",
                                                "How far in the past it is evaluated."),
        MakeField<IntCodec>("limit", &T::limit, "0", "Most series or alerts of a rule; 0 = no limit."),
        MakeField<StringMapCodec>("labels", &T::labels, "{}", "Labels of each rule that does not set them itself."),
    };
    fields.push_back(Field<T>{.key = "rules",
                              .type = "list of: section",
                              .default_text = {},
                              .sentence = "Rules, evaluated in this order.",
                              .part_of = {},
                              .read = [](Reader&, const yaml::Node&, T&) {},  // ReadRules() names them in its faults.
                              .write = [](const T&, yaml::Node&) {}});
    return fields;
  }();
  return kFields;
}

storage::Result<RuleFile> ParseRuleFile(std::string_view text, const std::string& path,
                                        const RuleFileOptions& options) {
  const auto node = yaml::Parse(text, path);
  if (!node) return node.error();
  Reader in(path);
  in.SetValidation(options.name_validation);
  if (options.ignore_unknown_fields) in.IgnoreUnknown();
  RuleFile file;
  file.path = path;
  if (!node->IsNull()) ReadGroups(in, *node, options.parser, file);
  if (const storage::Status status = in.Finish(); !status) return status.error();
  for (RuleGroupConfig& group : file.groups) {
    if (group.interval_ms == 0) group.interval_ms.reset();  // As with Prometheus, 0 is "not given".
  }
  return file;
}

storage::Result<RuleFile> LoadRuleFile(const std::string& path, const RuleFileOptions& options) {
  const auto text = ReadWholeFile(path);
  if (!text) return text.error();
  return ParseRuleFile(*text, path, options);
}

}  // namespace vigia::config
