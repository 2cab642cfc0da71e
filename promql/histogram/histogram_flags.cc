#include "promql/histogram/histogram_flags.h"

namespace vigia::promql {

void Annotate(HistogramFlags flags, std::string_view metric, TextPosition position, AnnotationSet& out) {
  using Flag = HistogramFlag;
  if (flags.empty()) return;
  const auto about_metric = [&](Flag flag, Annotation (*make)(std::string_view, TextPosition)) {
    if (flags.Has(flag)) out.Add(make(metric, position));
  };
  const auto about_operation = [&](Flag flag, HistogramOperation operation,
                                   Annotation (*make)(HistogramOperation, TextPosition)) {
    if (flags.Has(flag)) out.Add(make(operation, position));
  };
  about_metric(Flag::kMixedFloatsHistograms, &MixedFloatsHistogramsWarning);
  about_metric(Flag::kMixedExponentialCustom, &MixedExponentialCustomHistogramsWarning);
  about_metric(Flag::kNotCounter, &NativeHistogramNotCounterWarning);
  about_metric(Flag::kNotGauge, &NativeHistogramNotGaugeWarning);
  about_metric(Flag::kIgnoredInMixedRange, &HistogramIgnoredInMixedRangeInfo);
  about_metric(Flag::kQuantileIsNan, &QuantileNanResultInfo);
  about_metric(Flag::kQuantileIsSkewed, &QuantileNanSkewInfo);
  about_metric(Flag::kStartTimeOverlap, &StartTimeOverlapWarning);
  about_metric(Flag::kFractionExcludesNans, &FractionNansInfo);
  if (flags.Has(Flag::kMixedFloatsHistogramsInAggregation))
    out.Add(MixedFloatsHistogramsInAggregationWarning(position));
  about_operation(Flag::kResetCollisionInAddition, HistogramOperation::kAddition, &CounterResetCollisionWarning);
  about_operation(Flag::kResetCollisionInSubtraction, HistogramOperation::kSubtraction, &CounterResetCollisionWarning);
  about_operation(Flag::kResetCollisionInAggregation, HistogramOperation::kAggregation, &CounterResetCollisionWarning);
  about_operation(Flag::kBoundsReconciledInAddition, HistogramOperation::kAddition, &MismatchedCustomBucketsInfo);
  about_operation(Flag::kBoundsReconciledInSubtraction, HistogramOperation::kSubtraction, &MismatchedCustomBucketsInfo);
  about_operation(Flag::kBoundsReconciledInAggregation, HistogramOperation::kAggregation, &MismatchedCustomBucketsInfo);
}

}  // namespace vigia::promql
