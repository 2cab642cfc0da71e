#include "promql/value/annotations.h"

#include <algorithm>
#include <chrono>

#include <fmt/format.h>

#include "promql/value/format.h"

namespace vigia::promql {
namespace {

using storage::Quoted;

constexpr std::string_view kMonotonicityDocs =
    "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile";

Annotation Warning(std::string_view text, TextPosition position) {
  return {Severity::kWarning, fmt::format("PromQL warning: {}", text), position, std::nullopt};
}

Annotation Info(std::string_view text, TextPosition position) {
  return {Severity::kInfo, fmt::format("PromQL info: {}", text), position, std::nullopt};
}

std::string ForMetricName(std::string_view metric) {
  return metric.empty() ? std::string() : fmt::format(" for metric name {}", Quoted(metric));
}

std::string_view NameOf(HistogramOperation operation) {
  switch (operation) {
    case HistogramOperation::kAddition: return "addition";
    case HistogramOperation::kSubtraction: return "subtraction";
    case HistogramOperation::kAggregation: return "aggregation";
  }
  return "unknown operation";
}

// RFC 3339 in whole seconds, UTC.
std::string FormatTime(TimestampMs t) {
  const std::chrono::sys_seconds seconds{std::chrono::seconds(t / 1000)};
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(seconds - day);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                     time.minutes().count(), time.seconds().count());
}

std::string RenderOne(const Annotation& annotation) {
  std::string detail;
  if (annotation.monotonicity) {
    const MonotonicityDetail& m = *annotation.monotonicity;
    detail = fmt::format(", from buckets {} to {}, with a max diff of {}, over {} samples from {} to {}",
                         FormatGeneral(m.min_bucket), FormatGeneral(m.max_bucket), FormatGeneral(m.max_diff, 2),
                         m.samples, FormatTime(m.min_time_ms), FormatTime(m.max_time_ms));
  }
  if (annotation.position.line == 0) return annotation.text + detail;
  return fmt::format("{}{} ({}:{})", annotation.text, detail, annotation.position.line, annotation.position.column);
}

void Accumulate(MonotonicityDetail& into, const MonotonicityDetail& other) {
  into.min_bucket = std::min(into.min_bucket, other.min_bucket);
  into.max_bucket = std::max(into.max_bucket, other.max_bucket);
  into.max_diff = std::max(into.max_diff, other.max_diff);
  into.samples += other.samples;
  into.min_time_ms = std::min(into.min_time_ms, other.min_time_ms);
  into.max_time_ms = std::max(into.max_time_ms, other.max_time_ms);
}

}  // namespace

Annotation InvalidRatioWarning(double ratio, double capped_to, TextPosition position) {
  return Warning(fmt::format("ratio value should be between -1 and 1, got {}, capping to {}", FormatGeneral(ratio),
                             FormatGeneral(capped_to)),
                 position);
}

Annotation InvalidQuantileWarning(double q, TextPosition position) {
  return Warning(fmt::format("quantile value should be between 0 and 1, got {}", FormatGeneral(q)), position);
}

Annotation BadBucketLabelWarning(std::string_view metric, std::string_view le, TextPosition position) {
  return Warning(
      fmt::format("bucket label \"le\" is missing or has a malformed value of {}{}", Quoted(le), ForMetricName(metric)),
      position);
}

Annotation MixedFloatsHistogramsWarning(std::string_view metric, TextPosition position) {
  return Warning(fmt::format("encountered a mix of histograms and floats for metric name {}", Quoted(metric)),
                 position);
}

Annotation MixedFloatsHistogramsInAggregationWarning(TextPosition position) {
  return Warning("encountered a mix of histograms and floats for aggregation", position);
}

Annotation MixedClassicNativeHistogramsWarning(std::string_view metric, TextPosition position) {
  return Warning(fmt::format("vector contains a mix of classic and native histograms{}", ForMetricName(metric)),
                 position);
}

Annotation NativeHistogramNotCounterWarning(std::string_view metric, TextPosition position) {
  return Warning(fmt::format("this native histogram metric is not a counter: {}", Quoted(metric)), position);
}

Annotation NativeHistogramNotGaugeWarning(std::string_view metric, TextPosition position) {
  return Warning(fmt::format("this native histogram metric is not a gauge: {}", Quoted(metric)), position);
}

Annotation MixedExponentialCustomHistogramsWarning(std::string_view metric, TextPosition position) {
  return Warning(
      fmt::format("vector contains a mix of histograms with exponential and custom buckets schemas for metric name {}",
                  Quoted(metric)),
      position);
}

Annotation IncompatibleBucketLayoutWarning(std::string_view op, TextPosition position) {
  return Warning(fmt::format("incompatible bucket layout encountered for binary operator {}", op), position);
}

Annotation SortInRangeQueryWarning(TextPosition position) {
  return Warning("sort is ineffective for range queries since results are always ordered by labels", position);
}

Annotation CounterResetCollisionWarning(HistogramOperation operation, TextPosition position) {
  return Warning(fmt::format("conflicting counter resets during histogram {}", NameOf(operation)), position);
}

Annotation StartTimeOverlapWarning(std::string_view metric, TextPosition position) {
  const std::string name = metric.empty() ? std::string() : fmt::format(" for metric {}", Quoted(metric));
  return Warning(fmt::format("sample has start time that overlaps with previous sample timestamp{}", name), position);
}

Annotation StorageWarning(std::string text) {
  return {Severity::kWarning, std::move(text), TextPosition{0, 0}, std::nullopt};
}

Annotation PossibleNonCounterInfo(std::string_view metric, TextPosition position) {
  return Info(
      fmt::format("metric might not be a counter, name does not end in _total/_sum/_count/_bucket: {}", Quoted(metric)),
      position);
}

Annotation PossibleNonCounterTypeInfo(std::string_view metric, std::string_view type_label, TextPosition position) {
  return Info(
      fmt::format("metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got "
                  "{}: {}",
                  Quoted(type_label), Quoted(metric)),
      position);
}

Annotation ForcedMonotonicityInfo(std::string_view metric, double min_bucket, double max_bucket, double max_diff,
                                  TimestampMs at_ms, TextPosition position) {
  Annotation out = Info(fmt::format("input to histogram_quantile needed to be fixed for monotonicity (see {}){}",
                                    kMonotonicityDocs, ForMetricName(metric)),
                        position);
  out.monotonicity = MonotonicityDetail{min_bucket, max_bucket, max_diff, 1, at_ms, at_ms};
  return out;
}

Annotation IncompatibleTypesInfo(std::string_view left, std::string_view op, std::string_view right,
                                 TextPosition position) {
  return Info(fmt::format("incompatible sample types encountered for binary operator {}: {} {} {}", Quoted(op), left,
                          op, right),
              position);
}

Annotation HistogramIgnoredInAggregationInfo(std::string_view aggregation, TextPosition position) {
  return Info(fmt::format("ignored histogram in {} aggregation", aggregation), position);
}

Annotation HistogramIgnoredInMixedRangeInfo(std::string_view metric, TextPosition position) {
  return Info(fmt::format("ignored histograms in a range containing both floats and histograms for metric name {}",
                          Quoted(metric)),
              position);
}

Annotation QuantileNanResultInfo(std::string_view metric, TextPosition position) {
  return Info(fmt::format("input to histogram_quantile has NaN observations, result is NaN{}", ForMetricName(metric)),
              position);
}

Annotation QuantileNanSkewInfo(std::string_view metric, TextPosition position) {
  return Info(
      fmt::format("input to histogram_quantile has NaN observations, result is skewed higher{}", ForMetricName(metric)),
      position);
}

Annotation FractionNansInfo(std::string_view metric, TextPosition position) {
  return Info(fmt::format("input to histogram_fraction has NaN observations, which are excluded from all fractions{}",
                          ForMetricName(metric)),
              position);
}

Annotation MismatchedCustomBucketsInfo(HistogramOperation operation, TextPosition position) {
  return Info(fmt::format("mismatched custom buckets were reconciled during {}", NameOf(operation)), position);
}

bool LooksLikeNoCounter(std::string_view metric) {
  return !metric.empty() && !metric.ends_with("_total") && !metric.ends_with("_sum") && !metric.ends_with("_count") &&
         !metric.ends_with("_bucket");
}

void AnnotationSet::Add(Annotation annotation) {
  const auto [at, added] = by_text_.try_emplace(annotation.text, annotation);
  if (added) return;
  if (annotation.monotonicity && at->second.monotonicity)
    Accumulate(*annotation.monotonicity, *at->second.monotonicity);
  at->second = std::move(annotation);
}

void AnnotationSet::Merge(const AnnotationSet& other) {
  for (const auto& [text, annotation] : other.by_text_) Add(annotation);
}

Annotations AnnotationSet::Render() const {
  Annotations out;
  for (const auto& [text, annotation] : by_text_) {
    auto& list = annotation.severity == Severity::kWarning ? out.warnings : out.infos;
    list.push_back(RenderOne(annotation));
  }
  return out;
}

}  // namespace vigia::promql
