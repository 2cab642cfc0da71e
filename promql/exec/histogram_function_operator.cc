#include "promql/exec/histogram_function_operator.h"

#include <cmath>
#include <optional>
#include <unordered_map>

#include "promql/functions/quantile.h"
#include "promql/histogram/native_quantile.h"
#include "promql/value/format.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;
using Kind = HistogramFunction::Kind;

constexpr std::string_view kBucketLabel = "le";

struct SampleKinds {
  bool floats = false;
  bool histograms = false;
};

SampleKinds KindsOf(const StoredRow& row) {
  if (row.histograms.empty()) return {true, false};
  SampleKinds kinds;
  for (std::size_t i = 0; i < row.valid.size(); ++i) {
    if (row.valid[i] == 0) continue;
    (row.histograms[i] ? kinds.histograms : kinds.floats) = true;
  }
  return kinds;
}

}  // namespace

HistogramFunctionOperator::HistogramFunctionOperator(QueryContext& context, HistogramFunction function,
                                                     OperatorPtr input)
    : Operator(context, input->steps(), Accounting::kGathered),
      function_(std::move(function)),
      input_(std::move(input)),
      rows_(context.budget()) {
  for (const OperatorPtr& parameter : function_.parameters) AddInput(parameter.get());
  AddInput(input_.get());
}

// Which histograms there are, and how they are annotated, depends on the samples: they are read here.
Result<std::vector<SeriesInfo>> HistogramFunctionOperator::MakeSeries() {
  if (const Status status = ReadParameters(); !status) return status.error();
  auto series = input_->Series();
  if (!series) return series;
  if (function_.kind == Kind::kQuantile) WarnOfQuantiles();
  if (const Status status = ReadHistograms(*series); !status) return status.error();
  return ResultSeries();
}

Status HistogramFunctionOperator::ReadParameters() {
  for (const OperatorPtr& parameter : function_.parameters) {
    auto values = ReadScalar(*parameter);
    if (!values) return values.error();
    parameters_.push_back(std::move(*values));
  }
  return {};
}

void HistogramFunctionOperator::WarnOfQuantiles() {
  for (std::size_t i = 0; i < parameters_.size(); ++i) {
    for (const double q : parameters_[i]) {
      if (IsValidQuantile(q)) continue;
      context().annotations().Add(InvalidQuantileWarning(q, context().PositionOf(function_.parameter_positions[i])));
    }
  }
}

Status HistogramFunctionOperator::ReadHistograms(const std::vector<SeriesInfo>& series) {
  if (Status status = rows_.AddAll(*input_); !status) return status;
  bounds_.assign(series.size(), 0.0);
  const std::vector<std::string> bucket_label = {std::string(kBucketLabel)};
  std::unordered_map<std::string, std::size_t> ids;
  const bool delayed = context().delayed_name_removal();
  const auto histogram_of = [&](Labels key, const Labels& labels) -> Histogram& {
    const auto [at, is_new] = ids.emplace(key.bytes(), histograms_.size());
    if (is_new) {
      const std::string name(labels.metric_name());
      SeriesInfo info{delayed ? std::move(key) : WithoutMetadata(key), true};
      histograms_.push_back({std::move(info), delayed ? name : std::string(), name, {}, {}});
    }
    return histograms_[at->second];
  };
  for (std::size_t i = 0; i < rows_.size(); ++i) {
    const SeriesId id = rows_.row(i).id;
    const Labels& labels = series[id].labels;
    const SampleKinds kinds = KindsOf(rows_.row(i));
    if (kinds.histograms) histogram_of(labels, labels).natives.push_back(i);
    if (!kinds.floats) continue;
    const std::optional<double> bound = ParseBucketBound(labels.Get(kBucketLabel));
    if (!bound) {
      const std::string_view metric = delayed ? labels.metric_name() : std::string_view();
      context().annotations().Add(
          BadBucketLabelWarning(metric, labels.Get(kBucketLabel), context().PositionOf(function_.vector_position)));
      continue;
    }
    bounds_[id] = *bound;
    histogram_of(labels.Drop(bucket_label), labels).buckets.push_back(i);
  }
  return {};
}

std::vector<SeriesInfo> HistogramFunctionOperator::ResultSeries() const {
  std::vector<SeriesInfo> series;
  for (const Histogram& histogram : histograms_) {
    for (std::size_t i = 0; i < results_per_histogram(); ++i) {
      series.push_back(histogram.info);
      if (function_.quantile_label.empty()) continue;
      storage::LabelsBuilder builder(histogram.info.labels);
      const double q = parameters_[i].empty() ? std::nan("") : parameters_[i].front();
      builder.Set(function_.quantile_label, FormatOpenMetrics(q));
      series.back().labels = builder.Build();
    }
  }
  return series;
}

Status HistogramFunctionOperator::Fill(RowBatch& out) {
  const std::size_t per_histogram = results_per_histogram();
  for (; next_ < histograms_.size() * per_histogram && !out.full(); ++next_) {
    if (Status status = context().Interrupted(); !status) return status;
    Evaluate(histograms_[next_ / per_histogram], next_ % per_histogram, out.Append(static_cast<SeriesId>(next_)));
  }
  return {};
}

void HistogramFunctionOperator::Evaluate(const Histogram& histogram, std::size_t parameter, const Row& row) {
  for (std::size_t step = 0; step < row.values.size(); ++step) {
    buckets_.clear();
    for (const std::size_t i : histogram.buckets) {
      const StoredRow bucket = rows_.row(i);
      if (bucket.Has(step) && bucket.HistogramAt(step) == nullptr) {
        buckets_.push_back({bounds_[bucket.id], bucket.At(step)});
      }
    }
    const storage::FloatHistogram* const native = NativeAt(histogram, step);
    if (native != nullptr && !buckets_.empty()) {
      context().annotations().Add(
          MixedClassicNativeHistogramsWarning(histogram.full_name, context().PositionOf(function_.vector_position)));
      continue;
    }
    if (native == nullptr && buckets_.empty()) continue;
    row.values[step] =
        native != nullptr ? NativeValue(histogram, *native, parameter, step) : ClassicValue(histogram, parameter, step);
    row.valid[step] = 1;
  }
}

const storage::FloatHistogram* HistogramFunctionOperator::NativeAt(const Histogram& histogram, std::size_t step) {
  for (const std::size_t i : histogram.natives) {
    const StoredRow row = rows_.row(i);
    if (row.Has(step) && row.HistogramAt(step) != nullptr) return row.HistogramAt(step);
  }
  return nullptr;
}

double HistogramFunctionOperator::NativeValue(const Histogram& histogram, const storage::FloatHistogram& h,
                                              std::size_t parameter, std::size_t step) {
  const NativeResult result = function_.kind == Kind::kFraction
                                  ? NativeFraction(parameters_[0][step], parameters_[1][step], h)
                                  : NativeQuantile(parameters_[parameter][step], h);
  Annotate(result.flags, histogram.metric, context().PositionOf(function_.vector_position), context().annotations());
  return result.value;
}

double HistogramFunctionOperator::ClassicValue(const Histogram& histogram, std::size_t parameter, std::size_t step) {
  if (function_.kind == Kind::kFraction) return BucketFraction(parameters_[0][step], parameters_[1][step], buckets_);
  const BucketQuantileResult result = BucketQuantile(parameters_[parameter][step], buckets_);
  if (result.forced) {
    context().annotations().Add(ForcedMonotonicityInfo(
        histogram.metric, result.forced->min_bucket, result.forced->max_bucket, result.forced->max_diff,
        steps().At(step), context().PositionOf(function_.vector_position)));
  }
  return result.value;
}

}  // namespace vigia::promql
