#include "server/api/self_metrics_api.h"

#include <charconv>
#include <cmath>
#include <map>
#include <optional>

#include "server/api/envelope.h"
#include "storage/model/matcher.h"

namespace vigia::server {
namespace {

using storage::CollectedFamily;
using storage::CollectedPoint;
using storage::InstrumentType;
using storage::Labels;

std::string_view TypeName(InstrumentType type) {
  switch (type) {
    case InstrumentType::kCounter: return "COUNTER";
    case InstrumentType::kGauge: return "GAUGE";
    case InstrumentType::kHistogram: return "HISTOGRAM";
    case InstrumentType::kSummary: return "SUMMARY";
  }
  return "UNTYPED";
}

// What has no place in JSON's numbers is text in protobuf's form of it.
void AppendDouble(JsonWriter& json, double value) {
  if (std::isnan(value)) {
    json.String("NaN");
  } else if (std::isinf(value)) {
    json.String(value > 0 ? "Infinity" : "-Infinity");
  } else {
    json.Double(value);
  }
}
// 64-bit integers are text.
void AppendCount(JsonWriter& json, double value) { json.String(std::to_string(static_cast<std::uint64_t>(value))); }

double NumberOf(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  double value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

// The points of one series of a family: one, or those of a histogram or summary.
using Series = std::vector<const CollectedPoint*>;

const CollectedPoint* Find(const Series& series, std::string_view suffix) {
  for (const CollectedPoint* point : series) {
    if (point->suffix == suffix) return point;
  }
  return nullptr;
}

void AppendDistribution(JsonWriter& json, const Series& series, bool histogram) {
  const CollectedPoint* const count = Find(series, "_count");
  const CollectedPoint* const sum = Find(series, "_sum");
  json.Key(histogram ? "histogram" : "summary").BeginObject().Key("sampleCount");
  AppendCount(json, count == nullptr ? 0 : count->value);
  json.Key("sampleSum");
  AppendDouble(json, sum == nullptr ? 0 : sum->value);
  json.Key(histogram ? "bucket" : "quantile").BeginArray();
  for (const CollectedPoint* point : series) {
    const std::string_view bound = point->labels.Get(histogram ? "le" : "quantile");
    if (bound.empty()) continue;
    json.BeginObject();
    if (histogram) {
      json.Key("cumulativeCount");
      AppendCount(json, point->value);
      json.Key("upperBound");
      AppendDouble(json, NumberOf(bound));
    } else {
      json.Key("quantile");
      AppendDouble(json, NumberOf(bound));
      json.Key("value");
      AppendDouble(json, point->value);
    }
    json.EndObject();
  }
  json.EndArray().EndObject();
}

void AppendMetric(JsonWriter& json, InstrumentType type, const Labels& labels, const Series& series) {
  json.BeginObject().Key("label").BeginArray();
  for (const storage::LabelView label : labels) {
    json.BeginObject().Field("name", label.name).Field("value", label.value).EndObject();
  }
  json.EndArray();
  switch (type) {
    case InstrumentType::kCounter:
    case InstrumentType::kGauge:
      json.Key(type == InstrumentType::kCounter ? "counter" : "gauge").BeginObject().Key("value");
      AppendDouble(json, series[0]->value);
      json.EndObject();
      break;
    case InstrumentType::kHistogram: AppendDistribution(json, series, true); break;
    case InstrumentType::kSummary: AppendDistribution(json, series, false); break;
  }
  json.EndObject();
}

void AppendFamily(JsonWriter& json, const CollectedFamily& family) {
  static const std::vector<std::string> kOfPoints{"le", "quantile"};
  const bool several = family.type == InstrumentType::kHistogram || family.type == InstrumentType::kSummary;
  std::map<Labels, Series> series;
  for (const CollectedPoint& point : family.points) {
    series[several ? point.labels.Drop(kOfPoints) : point.labels].push_back(&point);
  }
  json.BeginObject().Field("name", family.name).Field("help", family.help).Field("type", TypeName(family.type));
  json.Key("metric").BeginArray();
  for (const auto& [labels, points] : series) AppendMetric(json, family.type, labels, points);
  json.EndArray().EndObject();
}

Response SelfMetrics(const storage::Registry& registry, const Request& http) {
  std::optional<storage::Matcher> wanted;
  if (const auto pattern = http.params.Get("metric_name_pattern"); !pattern.empty()) {
    auto matcher = storage::Matcher::Create(storage::MatchType::kRegex, "name", std::string(pattern));
    if (matcher.has_error()) return InvalidParameter("metric_name_pattern", matcher.error().what);
    wanted = std::move(*matcher);
  }
  std::string data;
  JsonWriter json(data);
  json.BeginArray();
  for (const CollectedFamily& family : registry.Collect()) {
    if (family.points.empty() || (wanted && !wanted->Matches(family.name))) continue;
    AppendFamily(json, family);
  }
  json.EndArray();
  return ApiSuccess(data);
}

}  // namespace

void RegisterSelfMetricsApi(Router& router, const storage::Registry& registry) {
  router.Add({"GET"}, "/api/v1/status/self_metrics",
             [&registry](const Request& http) { return SelfMetrics(registry, http); });
}

}  // namespace vigia::server
