#include <charconv>
#include <cmath>
#include <limits>

#include "config/yaml/parse_json.h"
#include "server/otlp/any_value.h"
#include "server/otlp/metrics_data.h"
#include "storage/model/labels.h"

namespace vigia::server {
namespace {

using config::yaml::Node;

// A tree takes far more memory than its text.
constexpr config::yaml::Limits kLimits{
    .max_bytes = 4u << 20, .max_depth = 64, .max_nodes = 250'000, .max_text_bytes = 4u << 20};

// Reads the tree. A value of the wrong kind makes the request malformed; unknown fields are left alone.
class JsonWalk {
 public:
  explicit JsonWalk(OtlpVisitor& visitor) : visitor_(visitor) {}

  const char* Run(const Node& request) {
    for (const Node& resource : List(request, "resourceMetrics", "resource_metrics")) {
      if (error_ == nullptr) Resource(resource);
    }
    return error_;
  }

 private:
  void Fail(const char* what) {
    if (error_ == nullptr) error_ = what;
  }

  // A field by either of its names; null when absent.
  static const Node* Find(const Node& node, std::string_view name, std::string_view other = {}) {
    const Node* found = node.Find(name);
    if (found == nullptr && !other.empty()) found = node.Find(other);
    return found == nullptr || found->IsNull() ? nullptr : found;
  }

  const std::vector<Node>& List(const Node& node, std::string_view name, std::string_view other = {}) {
    static const std::vector<Node> kEmpty;
    const Node* found = Find(node, name, other);
    if (found == nullptr) return kEmpty;
    if (found->kind != config::yaml::Kind::kSequence) Fail("expected a list");
    return found->items;
  }

  void Text(const Node& node, std::string& out, std::string_view name, std::string_view other = {}) {
    const Node* found = Find(node, name, other);
    if (found == nullptr) return;
    if (found->kind != config::yaml::Kind::kScalar) return Fail("expected a string");
    if (!storage::IsValidUtf8(found->text)) return Fail("string field contains invalid UTF-8");
    out = found->text;
  }

  // Integers of 64 bits may come as strings.
  template <class T>
  void Integer(const Node* node, T& out) {
    if (node == nullptr) return;
    const char* const end = node->text.data() + node->text.size();
    const auto [stop, code] = std::from_chars(node->text.data(), end, out);
    if (node->kind != config::yaml::Kind::kScalar || code != std::errc() || stop != end) Fail("expected an integer");
  }

  bool Double(const Node* node, double& out) {
    if (node == nullptr) return false;
    if (node->text == "NaN") {
      out = std::numeric_limits<double>::quiet_NaN();
    } else if (node->text == "Infinity" || node->text == "-Infinity") {
      out = node->text[0] == '-' ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
    } else {
      const char* const end = node->text.data() + node->text.size();
      const auto [stop, code] = std::from_chars(node->text.data(), end, out);
      if (node->kind != config::yaml::Kind::kScalar || code != std::errc() || stop != end) Fail("expected a number");
    }
    return true;
  }

  void Bool(const Node* node, bool& out) {
    if (node == nullptr) return;
    if (node->text != "true" && node->text != "false") return Fail("expected true or false");
    out = node->text == "true";
  }

  // A value of either type, as data points and exemplars have it.
  bool Number(const Node& node, double& out) {
    if (Double(Find(node, "asDouble", "as_double"), out)) return true;
    const Node* integer = Find(node, "asInt", "as_int");
    std::int64_t number = 0;
    Integer(integer, number);
    if (integer != nullptr) out = static_cast<double>(number);
    return integer != nullptr;
  }

  static int HexDigit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
  }

  void Hex(const Node& node, std::string& out, std::string_view name, std::string_view other) {
    std::string text;
    Text(node, text, name, other);
    if (text.size() % 2 != 0) return Fail("expected an identifier in hexadecimal");
    for (std::size_t i = 0; i < text.size(); i += 2) {
      const int high = HexDigit(text[i]);
      const int low = HexDigit(text[i + 1]);
      if (high < 0 || low < 0) return Fail("expected an identifier in hexadecimal");
      out += static_cast<char>(high * 16 + low);
    }
  }

  void Value(const Node& node, OtlpValue& out) {
    using Kind = OtlpValue::Kind;
    if (Find(node, "stringValue", "string_value") != nullptr) {
      out.kind = Kind::kText;
      Text(node, out.text, "stringValue", "string_value");
    } else if (const Node* boolean = Find(node, "boolValue", "bool_value")) {
      out.kind = Kind::kBool;
      Bool(boolean, out.boolean);
    } else if (const Node* integer = Find(node, "intValue", "int_value")) {
      out.kind = Kind::kInt;
      Integer(integer, out.integer);
    } else if (const Node* number = Find(node, "doubleValue", "double_value")) {
      out.kind = Kind::kDouble;
      Double(number, out.number);
    } else if (Find(node, "bytesValue", "bytes_value") != nullptr) {
      out.kind = Kind::kText;  // Already base64, which is its text form.
      Text(node, out.text, "bytesValue", "bytes_value");
    } else if (const Node* array = Find(node, "arrayValue", "array_value")) {
      out.kind = Kind::kArray;
      for (const Node& item : List(*array, "values")) Value(item, out.items.emplace_back());
    } else if (const Node* map = Find(node, "kvlistValue", "kvlist_value")) {
      out.kind = Kind::kMap;
      for (const Node& item : List(*map, "values")) {
        auto& [key, value] = out.entries.emplace_back();
        Text(item, key, "key");
        if (const Node* inner = Find(item, "value")) Value(*inner, value);
      }
    }
  }

  void Attributes(const std::vector<Node>& list, OtlpAttributes& out) {
    for (const Node& item : list) {
      OtlpAttribute attribute;
      Text(item, attribute.key, "key");
      OtlpValue value;
      if (const Node* inner = Find(item, "value")) Value(*inner, value);
      attribute.value = ToText(value);
      out.push_back(std::move(attribute));
    }
  }

  void Resource(const Node& node) {
    OtlpAttributes attributes;
    if (const Node* resource = Find(node, "resource")) Attributes(List(*resource, "attributes"), attributes);
    visitor_.BeginResource(attributes);
    for (const Node& scope : List(node, "scopeMetrics", "scope_metrics")) {
      if (error_ == nullptr) Scope(scope);
    }
    if (error_ == nullptr) visitor_.EndResource();
  }

  void Scope(const Node& node) {
    OtlpScope scope;
    Text(node, scope.schema_url, "schemaUrl", "schema_url");
    if (const Node* inner = Find(node, "scope")) {
      Text(*inner, scope.name, "name");
      Text(*inner, scope.version, "version");
      Attributes(List(*inner, "attributes"), scope.attributes);
    }
    visitor_.BeginScope(scope);
    for (const Node& metric : List(node, "metrics")) {
      if (error_ == nullptr) Metric(metric);
    }
  }

  void Metric(const Node& node) {
    OtlpMetric metric;
    Text(node, metric.name, "name");
    Text(node, metric.description, "description");
    Text(node, metric.unit, "unit");
    const Node* data = nullptr;
    const auto take = [&](OtlpKind kind, std::string_view name, std::string_view other = {}) {
      const Node* found = Find(node, name, other);
      if (found == nullptr) return;
      metric.kind = kind;
      data = found;
    };
    take(OtlpKind::kGauge, "gauge");
    take(OtlpKind::kSum, "sum");
    take(OtlpKind::kHistogram, "histogram");
    take(OtlpKind::kExponentialHistogram, "exponentialHistogram", "exponential_histogram");
    take(OtlpKind::kSummary, "summary");
    const Node none;
    if (data == nullptr) data = &none;
    if (const Node* temporality = Find(*data, "aggregationTemporality", "aggregation_temporality")) {
      metric.temporality = TemporalityOf(*temporality);
    }
    Bool(Find(*data, "isMonotonic", "is_monotonic"), metric.is_monotonic);
    const std::vector<Node>& points = List(*data, "dataPoints", "data_points");
    metric.has_points = !points.empty();
    if (error_ != nullptr) return;
    visitor_.BeginMetric(metric);
    for (const Node& point : points) Point(point);
  }

  static Temporality TemporalityOf(const Node& node) {
    if (node.text == "1" || node.text == "AGGREGATION_TEMPORALITY_DELTA") return Temporality::kDelta;
    if (node.text == "2" || node.text == "AGGREGATION_TEMPORALITY_CUMULATIVE") return Temporality::kCumulative;
    return Temporality::kUnspecified;
  }

  void Point(const Node& node) {
    OtlpPoint point;
    Attributes(List(node, "attributes"), point.attributes);
    Integer(Find(node, "startTimeUnixNano", "start_time_unix_nano"), point.start_ns);
    Integer(Find(node, "timeUnixNano", "time_unix_nano"), point.time_ns);
    Integer(Find(node, "flags"), point.flags);
    for (const Node& exemplar : List(node, "exemplars")) Exemplar(exemplar, point.exemplars.emplace_back());
    Number(node, point.value);
    Integer(Find(node, "count"), point.count);
    double sum = 0;
    if (Double(Find(node, "sum"), sum)) point.sum = sum;
    for (const Node& count : List(node, "bucketCounts", "bucket_counts")) {
      Integer(&count, point.bucket_counts.emplace_back());
    }
    for (const Node& bound : List(node, "explicitBounds", "explicit_bounds")) {
      Double(&bound, point.explicit_bounds.emplace_back());
    }
    Integer(Find(node, "scale"), point.scale);
    Integer(Find(node, "zeroCount", "zero_count"), point.zero_count);
    Buckets(Find(node, "positive"), point.positive);
    Buckets(Find(node, "negative"), point.negative);
    for (const Node& quantile : List(node, "quantileValues", "quantile_values")) {
      OtlpQuantile& out = point.quantiles.emplace_back();
      Double(Find(quantile, "quantile"), out.quantile);
      Double(Find(quantile, "value"), out.value);
    }
    if (error_ == nullptr) visitor_.TakePoint(point);
  }

  void Exemplar(const Node& node, OtlpExemplar& out) {
    Attributes(List(node, "filteredAttributes", "filtered_attributes"), out.attributes);
    Integer(Find(node, "timeUnixNano", "time_unix_nano"), out.time_ns);
    double value = 0;
    if (Number(node, value)) out.value = value;
    Hex(node, out.trace_id, "traceId", "trace_id");
    Hex(node, out.span_id, "spanId", "span_id");
  }

  void Buckets(const Node* node, OtlpBuckets& out) {
    if (node == nullptr) return;
    Integer(Find(*node, "offset"), out.offset);
    for (const Node& count : List(*node, "bucketCounts", "bucket_counts")) Integer(&count, out.counts.emplace_back());
  }

  OtlpVisitor& visitor_;
  const char* error_ = nullptr;
};

}  // namespace

storage::Status WalkOtlpJson(std::string_view request, OtlpVisitor& visitor) {
  const auto tree = config::yaml::ParseJson(request, "OTLP request", kLimits);
  if (!tree) return tree.error();
  if (const char* error = JsonWalk(visitor).Run(*tree); error != nullptr) {
    return storage::Error{storage::Errc::kInvalid, std::string("malformed OTLP request: ") + error};
  }
  return {};
}

}  // namespace vigia::server
