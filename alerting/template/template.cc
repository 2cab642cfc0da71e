#include "alerting/template/template.h"

#include "alerting/template/parser.h"

namespace vigia::alerting {
namespace {

constexpr std::string_view kPrelude =
    "{{$labels := .Labels}}{{$externalLabels := .ExternalLabels}}{{$externalURL := .ExternalURL}}{{$value := .Value}}";

}  // namespace

storage::Result<Template> Template::Parse(std::string_view name, std::string_view text) {
  auto tree = ParseTemplateTree(name, text);
  if (!tree) return tree.error();
  return Template(std::make_shared<const TemplateTree>(std::move(*tree)));
}

storage::Result<std::string> Template::Expand(const TemplateValue& data, const TemplateEnvironment& environment,
                                              const TemplateLimits& limits) const {
  auto text = EvaluateTemplate(*tree_, data, environment, limits);
  if (!text) return Prefixed(text.error(), "error executing template " + tree_->name);
  return text;
}

storage::Result<Template> ParseAlertTemplate(std::string_view alert, std::string_view text) {
  return Template::Parse("__alert_" + std::string(alert), std::string(kPrelude).append(text));
}

TemplateValue AlertTemplateData(const storage::Labels& labels, const storage::Labels& external_labels,
                                const std::string& external_url, const promql::VectorElement& element) {
  TemplateValue::Map data{.kind = TemplateValue::MapKind::kStruct,
                          .items = {},
                          .order = {"Labels", "ExternalLabels", "ExternalURL", "Value"},
                          .type_name =
                              "struct { Labels map[string]string; ExternalLabels map[string]string; "
                              "ExternalURL string; Value interface {} }"};
  data.items.emplace("Labels", TemplateValue::FromLabels(labels));
  data.items.emplace("ExternalLabels", TemplateValue::FromLabels(external_labels));
  data.items.emplace("ExternalURL", TemplateValue(external_url));
  data.items.emplace("Value", TemplateValue::FromSample(element).as_map()->items.find("Value")->second);
  return TemplateValue::FromMap(std::move(data));
}

}  // namespace vigia::alerting
