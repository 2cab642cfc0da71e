#include "server/otlp/translator.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

#include "server/otlp/any_value.h"
#include "server/otlp/names.h"
#include "server/otlp/point_histograms.h"
#include "server/wire/target_labels.h"
#include "storage/model/sample.h"

namespace vigia::server {
namespace {

using storage::LabelView;
using storage::Quoted;

constexpr std::array<std::string_view, 3> kIdentifying{"service.namespace", "service.name", "service.instance.id"};
constexpr std::size_t kMaxExemplarRunes = 128;   // OpenMetrics 1.0, "Exemplars".
constexpr std::uint64_t kMaxInfoSamples = 1000;  // Of one resource: times far apart are not worth more.
constexpr std::int64_t kNanosecondsPerMs = 1'000'000;

storage::TimestampMs Milliseconds(std::uint64_t ns) {
  return static_cast<storage::TimestampMs>(ns / static_cast<std::uint64_t>(kNanosecondsPerMs));
}

bool IsIdentifying(std::string_view attribute) {
  return std::find(kIdentifying.begin(), kIdentifying.end(), attribute) != kIdentifying.end();
}

std::size_t Runes(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; }));
}

// strconv.FormatFloat(value, 'f', -1, 64): never with an exponent.
std::string DecimalText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 400> buffer;
  return {buffer.data(),
          std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed).ptr};
}

std::string_view TypeWord(const OtlpMetric& metric, bool takes_deltas) {
  switch (metric.kind) {
    case OtlpKind::kNone: return {};
    case OtlpKind::kGauge: return "gauge";
    case OtlpKind::kSum:
      if (takes_deltas && metric.temporality == Temporality::kDelta) return {};
      return metric.is_monotonic ? "counter" : "gauge";
    case OtlpKind::kHistogram:
    case OtlpKind::kExponentialHistogram:
      if (takes_deltas && metric.temporality == Temporality::kDelta) return {};
      return "histogram";
    case OtlpKind::kSummary: return "summary";
  }
  return {};
}

}  // namespace

void OtlpTranslator::BeginResource(const OtlpAttributes& attributes) {
  resource_ = attributes;
  job_.clear();
  instance_.clear();
  if (const std::string* service = FindAttribute(resource_, "service.name")) {
    job_ = *service;
    if (const std::string* space = FindAttribute(resource_, "service.namespace")) job_ = *space + "/" + job_;
  }
  if (const std::string* instance = FindAttribute(resource_, "service.instance.id")) instance_ = *instance;
  has_times_ = false;
  resource_is_good_ = ReadPromoted();
  if (resource_is_good_) writer_.SetTarget(TargetLabels());
}

storage::Labels OtlpTranslator::TargetLabels() const {
  storage::LabelsBuilder all;
  for (const auto& [name, value] : promoted_) {
    if (all.Get(name).empty()) all.Set(name, value);
  }
  if (!job_.empty()) all.Set("job", job_);
  if (!instance_.empty()) all.Set("instance", instance_);
  return TargetLabelsOf(all.Build());
}

bool OtlpTranslator::IsPromoted(const std::string& attribute) const {
  const config::OtlpConfig& config = rules_.config;
  const auto& list =
      config.promote_all_resource_attributes ? config.ignore_resource_attributes : config.promote_resource_attributes;
  const bool listed = std::find(list.begin(), list.end(), attribute) != list.end();
  return listed != config.promote_all_resource_attributes;
}

bool OtlpTranslator::ReadPromoted() {
  promoted_.clear();
  OtlpAttributes chosen;
  for (const OtlpAttribute& attribute : resource_) {
    if (IsPromoted(attribute.key)) chosen.push_back(attribute);
  }
  std::stable_sort(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) { return a.key < b.key; });
  for (OtlpAttribute& attribute : chosen) {
    auto name = LabelNameOf(attribute.key, rules_.config);
    if (!name) return writer_.AddFault(name.error().what), false;
    promoted_.emplace_back(std::move(*name), std::move(attribute.value));
  }
  return true;
}

void OtlpTranslator::BeginScope(const OtlpScope& scope) {
  scope_labels_.clear();
  scope_is_good_ = resource_is_good_;
  if (!scope_is_good_ || !rules_.config.promote_scope_metadata || scope.name.empty()) return;
  for (const OtlpAttribute& attribute : scope.attributes) {
    auto name = LabelNameOf("otel_scope_" + attribute.key, rules_.config);
    if (!name) {
      writer_.AddFault(name.error().what);
      scope_is_good_ = false;
      return;
    }
    scope_labels_.emplace_back(std::move(*name), attribute.value);
  }
  scope_labels_.emplace_back("otel_scope_name", scope.name);
  scope_labels_.emplace_back("otel_scope_version", scope.version);
  scope_labels_.emplace_back("otel_scope_schema_url", scope.schema_url);
}

// What makes the whole metric no good; "" if nothing does.
std::string OtlpTranslator::CheckMetric(const OtlpMetric& metric) const {
  switch (metric.kind) {
    case OtlpKind::kNone:
      return fmt::format("could not get aggregation temporality for {} as it has unsupported metric type Empty",
                         metric.name);
    case OtlpKind::kGauge:
    case OtlpKind::kSummary: break;
    case OtlpKind::kSum:
    case OtlpKind::kHistogram:
    case OtlpKind::kExponentialHistogram:
      if (metric.temporality == Temporality::kCumulative) break;
      if (metric.temporality == Temporality::kDelta && rules_.takes_deltas) break;
      return fmt::format("invalid temporality and type combination for metric {}", Quoted(metric.name));
  }
  return metric.has_points ? std::string() : fmt::format("empty data points. {} is dropped", metric.name);
}

void OtlpTranslator::BeginMetric(const OtlpMetric& metric) {
  metric_ = metric;
  metric_is_good_ = false;
  if (!scope_is_good_) return;
  std::string fault = CheckMetric(metric);
  if (fault.empty()) {
    auto name = MetricNameOf(metric, rules_.config.translation_strategy);
    if (name) {
      name_ = std::move(*name);
    } else {
      fault = name.error().what;
    }
  }
  if (!fault.empty()) return writer_.AddFault(fault);
  metric_is_good_ = true;
  metric_labels_ = scope_labels_;
  if (rules_.type_and_unit_labels) AddTypeAndUnit(metric);
}

void OtlpTranslator::AddTypeAndUnit(const OtlpMetric& metric) {
  const std::string_view type = TypeWord(metric, rules_.takes_deltas);
  if (!type.empty()) metric_labels_.emplace_back("__type__", type);
  if (!metric.unit.empty()) {
    metric_labels_.emplace_back("__unit__", UnitNameOf(metric.unit, rules_.config.translation_strategy));
  }
}

bool OtlpTranslator::BuildLabels(const OtlpAttributes& attributes, const Pairs& promoted, const Pairs& more,
                                 storage::LabelsBuilder& out) {
  out.Reset({});
  std::vector<const OtlpAttribute*> sorted;
  for (const OtlpAttribute& attribute : attributes) {
    if (attribute.key != storage::kMetricName) sorted.push_back(&attribute);
  }
  // In order of keys, so that those which become the same name are joined the same way each time.
  std::stable_sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->key < b->key; });
  const bool escapes = config::EscapesNames(rules_.config.translation_strategy);
  for (const OtlpAttribute* attribute : sorted) {
    if (!escapes) {
      out.Set(attribute->key, attribute->value);
      continue;
    }
    const auto name = LabelNameOf(attribute->key, rules_.config);
    if (!name) return writer_.AddFault(name.error().what), false;
    const std::string before(out.Get(*name));
    out.Set(*name, before.empty() ? attribute->value : before + ";" + attribute->value);
  }
  for (const auto& [name, value] : promoted) {
    if (out.Get(name).empty()) out.Set(name, value);
  }
  if (!job_.empty()) out.Set("job", job_);
  if (!instance_.empty()) out.Set("instance", instance_);
  for (const auto& [name, value] : more) out.Set(name, value);
  return true;
}

void OtlpTranslator::TakePoint(const OtlpPoint& point) {
  earliest_ns_ = has_times_ ? std::min(earliest_ns_, point.time_ns) : point.time_ns;
  latest_ns_ = has_times_ ? std::max(latest_ns_, point.time_ns) : point.time_ns;
  has_times_ = true;
  if (!metric_is_good_ || !BuildLabels(point.attributes, promoted_, metric_labels_, builder_)) return;
  exemplars_.clear();
  switch (metric_.kind) {
    case OtlpKind::kNone: break;
    case OtlpKind::kGauge: AppendFloat("", point.value, point); break;
    case OtlpKind::kSum: TakeNumber(point); break;
    case OtlpKind::kHistogram: rules_.config.convert_histograms_to_nhcb ? TakeNative(point) : TakeClassic(point); break;
    case OtlpKind::kExponentialHistogram: TakeNative(point); break;
    case OtlpKind::kSummary: TakeSummary(point); break;
  }
}

void OtlpTranslator::SetSample(const OtlpPoint& point, OtlpSample& sample) const {
  sample.t = Milliseconds(point.time_ns);
  sample.start_ms = Milliseconds(point.start_ns);
  if (sample.start_ms > sample.t) sample.start_ms = 0;
}

// A sample of the series that builder_ holds the labels of, but for the name.
void OtlpTranslator::AppendFloat(std::string_view suffix, double value, const OtlpPoint& point,
                                 std::span<const storage::Exemplar> exemplars) {
  OtlpSample sample;
  SetSample(point, sample);
  sample.value = point.has_no_value() ? storage::kStaleNan : value;
  builder_.Set(storage::kMetricName, suffix.empty() ? name_ : name_ + std::string(suffix));
  writer_.Append(builder_.Build(), sample, exemplars);
}

void OtlpTranslator::TakeNumber(const OtlpPoint& point) {
  if (ReadExemplars(point)) AppendFloat("", point.value, point, exemplars_);
}

// Exemplars go to the first bucket that they are in; both come in ascending order.
void OtlpTranslator::TakeClassic(const OtlpPoint& point) {
  if (!ReadExemplars(point)) return;
  if (point.sum) AppendFloat("_sum", *point.sum, point);
  AppendFloat("_count", static_cast<double>(point.count), point);
  std::span<const storage::Exemplar> left = exemplars_;
  std::uint64_t cumulative = 0;
  const std::size_t buckets = std::min(point.explicit_bounds.size(), point.bucket_counts.size());
  for (std::size_t i = 0; i < buckets; ++i) {
    const double bound = point.explicit_bounds[i];
    cumulative += point.bucket_counts[i];
    std::size_t inside = 0;
    while (inside < left.size() && left[inside].v <= bound) ++inside;
    builder_.Set("le", DecimalText(bound));
    AppendFloat("_bucket", static_cast<double>(cumulative), point, left.first(inside));
    left = left.subspan(inside);
  }
  builder_.Set("le", "+Inf");
  AppendFloat("_bucket", static_cast<double>(point.count), point, left);
}

void OtlpTranslator::TakeNative(const OtlpPoint& point) {
  if (!ReadExemplars(point)) return;
  if (point.has_no_value()) return AppendFloat("", 0, point);  // Storage ends any series by a float.
  PointHistogram made = metric_.kind == OtlpKind::kHistogram ? CustomBucketsOf(point, metric_.temporality)
                                                             : ExponentialOf(point, metric_.temporality);
  if (!made.fault.empty()) return writer_.AddFault(made.fault);
  OtlpSample sample;
  SetSample(point, sample);
  sample.histogram = std::move(made.h);
  builder_.Set(storage::kMetricName, name_);
  writer_.Append(builder_.Build(), sample, exemplars_);
}

void OtlpTranslator::TakeSummary(const OtlpPoint& point) {
  AppendFloat("_sum", point.sum.value_or(0), point);
  AppendFloat("_count", static_cast<double>(point.count), point);
  for (const OtlpQuantile& quantile : point.quantiles) {
    builder_.Set("quantile", DecimalText(quantile.quantile));
    AppendFloat("", quantile.value, point);
  }
}

// Filtered attributes go along as long as all labels together are not too long.
bool OtlpTranslator::ReadExemplars(const OtlpPoint& point) {
  for (const OtlpExemplar& from : point.exemplars) {
    if (!from.value) return writer_.AddFault("unsupported exemplar value type: Empty"), false;
    const auto is_empty = [](const std::string& id) { return id.find_first_not_of('\0') == std::string::npos; };
    const std::string trace_id = is_empty(from.trace_id) ? std::string() : ToHex(from.trace_id);
    const std::string span_id = is_empty(from.span_id) ? std::string() : ToHex(from.span_id);
    std::vector<LabelView> labels;
    if (!trace_id.empty()) labels.push_back({"trace_id", trace_id});
    if (!span_id.empty()) labels.push_back({"span_id", span_id});
    std::size_t runes = 0;
    for (const LabelView& label : labels) runes += Runes(label.name) + Runes(label.value);
    if (runes > kMaxExemplarRunes) continue;  // No identifier that OpenTelemetry knows.
    for (const OtlpAttribute& attribute : from.attributes) runes += Runes(attribute.key) + Runes(attribute.value);
    if (runes <= kMaxExemplarRunes) {
      for (const OtlpAttribute& attribute : from.attributes) labels.push_back({attribute.key, attribute.value});
    }
    storage::Exemplar exemplar;
    exemplar.labels = storage::Labels::FromPairs(labels);
    exemplar.v = *from.value;
    exemplar.has_own_time = from.time_ns != 0;
    exemplar.t = Milliseconds(exemplar.has_own_time ? from.time_ns : point.time_ns);
    exemplars_.push_back(std::move(exemplar));
  }
  return true;
}

void OtlpTranslator::EndResource() {
  if (resource_is_good_ && has_times_) WriteTargetInfo();
}

// The attributes of the resource as labels of a series that is 1 for as long as the resource's samples go.
void OtlpTranslator::WriteTargetInfo() {
  const bool has_more = std::any_of(resource_.begin(), resource_.end(),
                                    [](const OtlpAttribute& attribute) { return !IsIdentifying(attribute.key); });
  if (!has_more || (job_.empty() && instance_.empty())) return;
  OtlpAttributes attributes = resource_;
  if (!rules_.config.keep_identifying_resource_attributes) {
    std::erase_if(attributes, [](const OtlpAttribute& attribute) { return IsIdentifying(attribute.key); });
  }
  if (!BuildLabels(attributes, {}, {}, builder_)) return;
  builder_.Set(storage::kMetricName, "target_info");
  const storage::Labels labels = builder_.Build();
  const auto write = [&](std::uint64_t ns) {
    OtlpSample sample;
    sample.t = Milliseconds(ns);
    sample.value = 1;
    if (written_info_.emplace(labels.bytes(), sample.t).second) writer_.Append(labels, sample, {});
  };
  const auto step = static_cast<std::uint64_t>(std::max<storage::DurationMs>(1, rules_.lookback_ms / 2)) *
                    static_cast<std::uint64_t>(kNanosecondsPerMs);
  const std::uint64_t length = latest_ns_ - earliest_ns_;
  if (length / step < kMaxInfoSamples) {
    for (std::uint64_t passed = 0; passed < length; passed += step) write(earliest_ns_ + passed);
  }
  write(latest_ns_);
}

}  // namespace vigia::server
