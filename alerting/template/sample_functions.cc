// Queries and their results.
#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "alerting/template/functions.h"

namespace vigia::alerting {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using Env = TemplateEnvironment;

const TemplateValue& Field(const TemplateValue& sample, std::string_view name) {
  return sample.as_map()->items.find(name)->second;
}

std::string LabelOf(const TemplateValue& sample, std::string_view name) {
  const auto& labels = Field(sample, "Labels").as_map()->items;
  const auto at = labels.find(name);
  return at == labels.end() ? std::string() : *at->second.as_string();
}

Result<TemplateValue> Query(const Env& env, TemplateArgs args) {
  const auto expr = TextArgument(args[0]);
  if (!expr) return expr.error();
  if (!env.query) return Error{Errc::kUnavailable, "no queries here"};
  const auto vector = env.query(*expr);
  if (!vector) return vector.error();
  return TemplateValue::FromVector(*vector);
}

Result<TemplateValue> First(const Env&, TemplateArgs args) {
  if (!args[0].is_query_result()) return WrongType("template.queryResult", args[0]);
  if (args[0].as_list()->empty()) return Error{Errc::kInvalid, "first() called on vector with no elements"};
  return args[0].as_list()->front();
}

Result<TemplateValue> Label(const Env&, TemplateArgs args) {
  const auto name = TextArgument(args[0]);
  if (!name) return name.error();
  if (!args[1].is_sample()) return WrongType("*template.sample", args[1]);
  return TemplateValue(LabelOf(args[1], *name));
}

Result<TemplateValue> Value(const Env&, TemplateArgs args) {
  if (!args[0].is_sample()) return WrongType("*template.sample", args[0]);
  return Field(args[0], "Value");
}

Result<TemplateValue> StrValue(const Env&, TemplateArgs args) {
  if (!args[0].is_sample()) return WrongType("*template.sample", args[0]);
  return TemplateValue(LabelOf(args[0], "__value__"));
}

Result<TemplateValue> SortByLabel(const Env&, TemplateArgs args) {
  const auto name = TextArgument(args[0]);
  if (!name) return name.error();
  if (!args[1].is_query_result()) return WrongType("template.queryResult", args[1]);
  TemplateValue::List sorted = *args[1].as_list();
  std::stable_sort(sorted.begin(), sorted.end(), [&name](const TemplateValue& a, const TemplateValue& b) {
    return LabelOf(a, *name) < LabelOf(b, *name);
  });
  return TemplateValue::FromList(std::move(sorted), args[1].TypeName());
}

Result<TemplateValue> Args(const Env&, TemplateArgs args) {
  TemplateValue::Map map;
  map.type_name = "map[string]interface {}";
  for (std::size_t i = 0; i < args.size(); ++i) map.items.emplace(fmt::format("arg{}", i), args[i]);
  return TemplateValue::FromMap(std::move(map));
}

constexpr std::array kTable = {
    TemplateFunction{"query", 1, 1, &Query},       TemplateFunction{"first", 1, 1, &First},
    TemplateFunction{"label", 2, 2, &Label},       TemplateFunction{"value", 1, 1, &Value},
    TemplateFunction{"strvalue", 1, 1, &StrValue}, TemplateFunction{"sortByLabel", 2, 2, &SortByLabel},
    TemplateFunction{"args", 0, -1, &Args},
};

}  // namespace

std::span<const TemplateFunction> SampleTemplateFunctions() { return kTable; }

}  // namespace vigia::alerting
