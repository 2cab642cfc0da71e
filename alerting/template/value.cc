#include "alerting/template/value.h"

#include "promql/value/format.h"

namespace vigia::alerting {
namespace {

constexpr std::string_view kSampleType = "*template.sample";
constexpr std::string_view kQueryResultType = "template.queryResult";

std::string HistogramText(const storage::FloatHistogram& h) {
  return "{count:" + promql::FormatGeneral(h.count) + ", sum:" + promql::FormatGeneral(h.sum) + "}";
}

}  // namespace

TemplateValue TemplateValue::FromList(List list, std::string type_name) {
  TemplateValue value;
  value.data_ = std::make_shared<const ListData>(ListData{std::move(list), std::move(type_name)});
  return value;
}

TemplateValue TemplateValue::FromMap(Map map) {
  TemplateValue value;
  value.data_ = std::make_shared<const Map>(std::move(map));
  return value;
}

TemplateValue TemplateValue::FromLabels(const storage::Labels& labels) {
  Map map{.kind = MapKind::kStrings, .items = {}, .order = {}, .type_name = "map[string]string"};
  for (const storage::LabelView label : labels) {
    map.items.emplace(std::string(label.name), TemplateValue(std::string(label.value)));
  }
  return FromMap(std::move(map));
}

TemplateValue TemplateValue::FromSample(const promql::VectorElement& element) {
  Map map{.kind = MapKind::kStruct, .items = {}, .order = {"Labels", "Value"}, .type_name = std::string(kSampleType)};
  map.items.emplace("Labels", FromLabels(element.metric));
  map.items.emplace("Value", element.h ? TemplateValue(HistogramText(*element.h)) : TemplateValue(element.v));
  return FromMap(std::move(map));
}

TemplateValue TemplateValue::FromVector(const promql::Vector& vector) {
  List list;
  list.reserve(vector.size());
  for (const promql::VectorElement& element : vector) list.push_back(FromSample(element));
  return FromList(std::move(list), std::string(kQueryResultType));
}

const TemplateValue::List* TemplateValue::as_list() const {
  const auto* list = std::get_if<std::shared_ptr<const ListData>>(&data_);
  return list == nullptr ? nullptr : &(*list)->items;
}

const TemplateValue::Map* TemplateValue::as_map() const {
  const auto* map = std::get_if<std::shared_ptr<const Map>>(&data_);
  return map == nullptr ? nullptr : map->get();
}

bool TemplateValue::is_sample() const { return as_map() != nullptr && as_map()->type_name == kSampleType; }

bool TemplateValue::is_query_result() const {
  const auto* list = std::get_if<std::shared_ptr<const ListData>>(&data_);
  return list != nullptr && (*list)->type_name == kQueryResultType;
}

bool TemplateValue::Truth() const {
  if (is_nil()) return false;
  if (const bool* b = as_bool()) return *b;
  if (const std::int64_t* i = as_int()) return *i != 0;
  if (const double* d = as_float()) return *d != 0;
  if (const std::string* s = as_string()) return !s->empty();
  if (const List* list = as_list()) return !list->empty();
  if (const Map* map = as_map()) return map->kind == MapKind::kStruct || !map->items.empty();
  if (const Duration* d = as_duration()) return d->ns != 0;
  return true;
}

std::string TemplateValue::TypeName() const {
  if (is_nil()) return "<nil>";
  if (as_bool() != nullptr) return "bool";
  if (as_int() != nullptr) return "int";
  if (as_float() != nullptr) return "float64";
  if (as_string() != nullptr) return "string";
  if (as_time() != nullptr) return "*time.Time";
  if (as_duration() != nullptr) return "*time.Duration";
  if (const auto* list = std::get_if<std::shared_ptr<const ListData>>(&data_)) return (*list)->type_name;
  return as_map()->type_name;
}

}  // namespace vigia::alerting
