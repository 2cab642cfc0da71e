// Warnings and infos of a query in Prometheus' words (surface.md 4.12; Prometheus util/annotations). Builders make one
// annotation each; a set keeps each text once, whatever its position, and renders them.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "promql/value/value.h"

namespace vigia::promql {

// Where in the query text the annotated expression starts, both from 1.
struct TextPosition {
  int line = 1;
  int column = 1;
};

enum class Severity { kWarning, kInfo };

// What the info about forced monotonicity sums up over all steps and series of one metric.
struct MonotonicityDetail {
  double min_bucket = 0;
  double max_bucket = 0;
  double max_diff = 0;
  std::uint64_t samples = 1;
  TimestampMs min_time_ms = 0;
  TimestampMs max_time_ms = 0;
};

struct Annotation {
  Severity severity = Severity::kWarning;
  std::string text;       // With the prefix, without the position.
  TextPosition position;  // Line 0: about no part of the text.
  std::optional<MonotonicityDetail> monotonicity;
};

enum class HistogramOperation { kAddition, kSubtraction, kAggregation };

// Warnings. An empty `metric` leaves the part about the metric name out where the text allows it.
Annotation InvalidRatioWarning(double ratio, double capped_to, TextPosition position);
Annotation InvalidQuantileWarning(double q, TextPosition position);
Annotation BadBucketLabelWarning(std::string_view metric, std::string_view le, TextPosition position);
Annotation MixedFloatsHistogramsWarning(std::string_view metric, TextPosition position);
Annotation MixedFloatsHistogramsInAggregationWarning(TextPosition position);
Annotation MixedClassicNativeHistogramsWarning(std::string_view metric, TextPosition position);
Annotation NativeHistogramNotCounterWarning(std::string_view metric, TextPosition position);
Annotation NativeHistogramNotGaugeWarning(std::string_view metric, TextPosition position);
Annotation MixedExponentialCustomHistogramsWarning(std::string_view metric, TextPosition position);
Annotation IncompatibleBucketLayoutWarning(std::string_view op, TextPosition position);
Annotation SortInRangeQueryWarning(TextPosition position);
Annotation CounterResetCollisionWarning(HistogramOperation operation, TextPosition position);
Annotation StartTimeOverlapWarning(std::string_view metric, TextPosition position);

// What storage says about its answer, in its own words.
Annotation StorageWarning(std::string text);

// Infos.
Annotation PossibleNonCounterInfo(std::string_view metric, TextPosition position);
Annotation PossibleNonCounterTypeInfo(std::string_view metric, std::string_view type_label, TextPosition position);
Annotation ForcedMonotonicityInfo(std::string_view metric, double min_bucket, double max_bucket, double max_diff,
                                  TimestampMs at_ms, TextPosition position);
// The types are "float" and "histogram".
Annotation IncompatibleTypesInfo(std::string_view left, std::string_view op, std::string_view right,
                                 TextPosition position);
Annotation HistogramIgnoredInAggregationInfo(std::string_view aggregation, TextPosition position);
Annotation HistogramIgnoredInMixedRangeInfo(std::string_view metric, TextPosition position);
Annotation QuantileNanResultInfo(std::string_view metric, TextPosition position);
Annotation QuantileNanSkewInfo(std::string_view metric, TextPosition position);
Annotation FractionNansInfo(std::string_view metric, TextPosition position);
Annotation MismatchedCustomBucketsInfo(HistogramOperation operation, TextPosition position);

// Does rate() or increase() of a metric with this name raise PossibleNonCounterInfo? "" does not.
bool LooksLikeNoCounter(std::string_view metric);

// Thread-compatible.
class AnnotationSet {
 public:
  // Of equal texts the last one's position stays; the details about monotonicity are summed up.
  void Add(Annotation annotation);
  void Merge(const AnnotationSet& other);
  bool empty() const { return by_text_.empty(); }
  // Sorted, each with its position: "PromQL info: ... (1:5)".
  Annotations Render() const;

 private:
  std::map<std::string, Annotation, std::less<>> by_text_;
};

}  // namespace vigia::promql
