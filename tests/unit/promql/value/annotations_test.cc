#include "promql/value/annotations.h"

#include <cmath>

#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

std::string Text(const Annotation& annotation) {
  AnnotationSet set;
  set.Add(annotation);
  const Annotations rendered = set.Render();
  REQUIRE(rendered.warnings.size() + rendered.infos.size() == 1);
  return rendered.warnings.empty() ? rendered.infos[0] : rendered.warnings[0];
}

// The texts are those of Prometheus' promqltest data and of surface.md 4.12.
TEST_CASE("warnings in Prometheus' words") {
  const TextPosition at{1, 25};
  CHECK(Text(InvalidQuantileWarning(std::nan(""), at)) ==
        "PromQL warning: quantile value should be between 0 and 1, got NaN (1:25)");
  CHECK(Text(InvalidRatioWarning(1.1, 1, at)) ==
        "PromQL warning: ratio value should be between -1 and 1, got 1.1, capping to 1 (1:25)");
  CHECK(Text(BadBucketLabelWarning("series", "Hello World", at)) ==
        "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"Hello World\" for metric name "
        "\"series\" (1:25)");
  CHECK(Text(BadBucketLabelWarning("", "", at)) ==
        "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"\" (1:25)");
  CHECK(Text(MixedFloatsHistogramsWarning("m", {1, 1})) ==
        "PromQL warning: encountered a mix of histograms and floats for metric name \"m\" (1:1)");
  CHECK(Text(MixedFloatsHistogramsInAggregationWarning({1, 1})) ==
        "PromQL warning: encountered a mix of histograms and floats for aggregation (1:1)");
  CHECK(Text(MixedClassicNativeHistogramsWarning("series", at)) ==
        "PromQL warning: vector contains a mix of classic and native histograms for metric name \"series\" (1:25)");
  CHECK(Text(NativeHistogramNotCounterWarning("m", {1, 6})) ==
        "PromQL warning: this native histogram metric is not a counter: \"m\" (1:6)");
  CHECK(Text(NativeHistogramNotGaugeWarning("m", {1, 6})) ==
        "PromQL warning: this native histogram metric is not a gauge: \"m\" (1:6)");
  CHECK(
      Text(MixedExponentialCustomHistogramsWarning("m", {1, 6})) ==
      "PromQL warning: vector contains a mix of histograms with exponential and custom buckets schemas for metric name "
      "\"m\" (1:6)");
  CHECK(Text(IncompatibleBucketLayoutWarning("+", {2, 3})) ==
        "PromQL warning: incompatible bucket layout encountered for binary operator + (2:3)");
  CHECK(Text(SortInRangeQueryWarning({1, 1})) ==
        "PromQL warning: sort is ineffective for range queries since results are always ordered by labels (1:1)");
  CHECK(Text(CounterResetCollisionWarning(HistogramOperation::kAggregation, {1, 31})) ==
        "PromQL warning: conflicting counter resets during histogram aggregation (1:31)");
  CHECK(
      Text(StartTimeOverlapWarning("counter_total", {1, 6})) ==
      "PromQL warning: sample has start time that overlaps with previous sample timestamp for metric \"counter_total\" "
      "(1:6)");
}

TEST_CASE("infos in Prometheus' words") {
  const TextPosition at{1, 6};
  CHECK(Text(PossibleNonCounterInfo("m", at)) ==
        "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"m\" (1:6)");
  CHECK(Text(PossibleNonCounterTypeInfo("m", "gauge", at)) ==
        "PromQL info: metric might not be a counter, __type__ label is not set to \"counter\" or \"histogram\", got "
        "\"gauge\": \"m\" (1:6)");
  CHECK(Text(IncompatibleTypesInfo("float", "+", "histogram", at)) ==
        "PromQL info: incompatible sample types encountered for binary operator \"+\": float + histogram (1:6)");
  CHECK(Text(HistogramIgnoredInAggregationInfo("topk", at)) ==
        "PromQL info: ignored histogram in topk aggregation (1:6)");
  CHECK(Text(HistogramIgnoredInMixedRangeInfo("m", at)) ==
        "PromQL info: ignored histograms in a range containing both floats and histograms for metric name \"m\" (1:6)");
  CHECK(Text(QuantileNanResultInfo("h", at)) ==
        "PromQL info: input to histogram_quantile has NaN observations, result is NaN for metric name \"h\" (1:6)");
  CHECK(Text(QuantileNanSkewInfo("", at)) ==
        "PromQL info: input to histogram_quantile has NaN observations, result is skewed higher (1:6)");
  CHECK(
      Text(FractionNansInfo("h", at)) ==
      "PromQL info: input to histogram_fraction has NaN observations, which are excluded from all fractions for metric "
      "name \"h\" (1:6)");
  CHECK(Text(MismatchedCustomBucketsInfo(HistogramOperation::kSubtraction, at)) ==
        "PromQL info: mismatched custom buckets were reconciled during subtraction (1:6)");
}

TEST_CASE("forced monotonicity is summed up over samples") {
  AnnotationSet set;
  set.Add(ForcedMonotonicityInfo("series_1", 5, 50, 5.5, 1735084800000, {1, 4}));
  set.Add(ForcedMonotonicityInfo("series_1", 10, 100, 10, 1703462400000, {1, 4}));
  AnnotationSet other;
  other.Add(ForcedMonotonicityInfo("series_1", 2.5, 75, 7.5, 1733011200000, {1, 4}));
  set.Merge(other);
  CHECK(set.Render().infos ==
        std::vector<std::string>{
            "PromQL info: input to histogram_quantile needed to be fixed for monotonicity (see "
            "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile) for metric name "
            "\"series_1\", from buckets 2.5 to 100, with a max diff of 10, over 3 samples from 2023-12-25T00:00:00Z to "
            "2024-12-25T00:00:00Z (1:4)"});
}

TEST_CASE("equal texts are one annotation wherever they were raised; lists are sorted") {
  AnnotationSet set;
  CHECK(set.empty());
  set.Add(PossibleNonCounterInfo("b", {1, 6}));
  set.Add(PossibleNonCounterInfo("a", {1, 6}));
  set.Add(PossibleNonCounterInfo("a", {1, 9}));
  set.Add(MixedFloatsHistogramsWarning("m", {1, 1}));
  const Annotations rendered = set.Render();
  CHECK(rendered.warnings.size() == 1);
  REQUIRE(rendered.infos.size() == 2);
  CHECK(rendered.infos[0].ends_with("\"a\" (1:9)"));
  CHECK(rendered.infos[1].ends_with("\"b\" (1:6)"));
}

TEST_CASE("what storage says stands as it is") {
  CHECK(Text(StorageWarning("remote_read: no answer")) == "remote_read: no answer");
}

TEST_CASE("which names look like counters") {
  CHECK(LooksLikeNoCounter("cpu"));
  for (const char* name : {"", "a_total", "a_sum", "a_count", "a_bucket"}) CHECK_FALSE(LooksLikeNoCounter(name));
}

}  // namespace
}  // namespace vigia::promql
