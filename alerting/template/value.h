// What a template computes with: Go's basic kinds, lists, maps, and the samples, times and durations that the template
// functions of Prometheus hand out (surface.md 6.6).
//
// Immutable and cheap to copy (aggregates are shared). Safe for many threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "promql/value/value.h"
#include "storage/model/labels.h"

namespace vigia::alerting {

class TemplateValue {
 public:
  using List = std::vector<TemplateValue>;
  // What a key that is not there stands for: the zero value of Go's map[string]string (""), of map[string]any (no
  // value), or, for a struct, an error.
  enum class MapKind { kStrings, kAny, kStruct };
  struct Map {
    MapKind kind = MapKind::kAny;
    std::map<std::string, TemplateValue, std::less<>> items;
    std::vector<std::string> order;  // The fields of a struct as declared, for printing; empty for the others.
    std::string type_name;           // As error messages name it.
  };
  struct Time {
    std::int64_t ns = 0;  // Since the Unix epoch, UTC.
  };
  struct Duration {
    std::int64_t ns = 0;
  };

  TemplateValue() = default;  // Nil: prints "<no value>".
  explicit TemplateValue(bool v) : data_(v) {}
  explicit TemplateValue(std::int64_t v) : data_(v) {}
  explicit TemplateValue(double v) : data_(v) {}
  explicit TemplateValue(std::string v) : data_(std::move(v)) {}
  explicit TemplateValue(const char*) = delete;  // Would become a bool.
  explicit TemplateValue(Time v) : data_(v) {}
  explicit TemplateValue(Duration v) : data_(v) {}
  static TemplateValue FromList(List list, std::string type_name = "[]interface {}");
  static TemplateValue FromMap(Map map);
  static TemplateValue FromLabels(const storage::Labels& labels);
  // {Labels, Value}, and the list of them that `query` returns.
  static TemplateValue FromSample(const promql::VectorElement& element);
  static TemplateValue FromVector(const promql::Vector& vector);

  bool is_nil() const { return std::holds_alternative<std::monostate>(data_); }
  const bool* as_bool() const { return std::get_if<bool>(&data_); }
  const std::int64_t* as_int() const { return std::get_if<std::int64_t>(&data_); }
  const double* as_float() const { return std::get_if<double>(&data_); }
  const std::string* as_string() const { return std::get_if<std::string>(&data_); }
  const Time* as_time() const { return std::get_if<Time>(&data_); }
  const Duration* as_duration() const { return std::get_if<Duration>(&data_); }
  const List* as_list() const;
  const Map* as_map() const;  // Samples are maps of kind kStruct.
  bool is_sample() const;
  bool is_query_result() const;

  // Go's truth: false, 0, "", nil and empty aggregates are false, all else is true.
  bool Truth() const;
  // The Go type as error messages name it: "float64", "string", "template.queryResult".
  std::string TypeName() const;

 private:
  struct ListData {
    List items;
    std::string type_name;
  };
  std::variant<std::monostate, bool, std::int64_t, double, std::string, Time, Duration, std::shared_ptr<const ListData>,
               std::shared_ptr<const Map>>
      data_;
};

}  // namespace vigia::alerting
