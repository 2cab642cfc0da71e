#include "promql/histogram/histogram_sum.h"

#include <algorithm>

#include "promql/histogram/bounds.h"
#include "promql/histogram/custom_buckets.h"
#include "promql/histogram/indexed_buckets.h"
#include "promql/histogram/layout.h"
#include "promql/histogram/zero_bucket.h"
#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

using storage::BucketSpan;

void AddTo(double& sum, double& lost, double value) {
  KahanSum next{sum, lost};
  next.Add(value);
  sum = next.sum;
  lost = next.compensation;
}

FloatHistogram EmptyOfLayout(const FloatHistogram& h) {
  FloatHistogram out = h;
  out.integer = false;
  out.zero_count = out.count = out.sum = 0;
  std::fill(out.positive_buckets.begin(), out.positive_buckets.end(), 0.0);
  std::fill(out.negative_buckets.begin(), out.negative_buckets.end(), 0.0);
  return out;
}

struct Side {
  std::vector<BucketSpan>& spans;
  std::vector<double>& counts;
  std::vector<BucketSpan>& lost_spans;
  std::vector<double>& lost;
};

struct Added {
  const std::vector<BucketSpan>& spans;
  const std::vector<double>& counts;
  std::int32_t schema;
};

void Store(const IndexedBuckets& buckets, const Side& side) {
  FoldInto(buckets, side.spans, side.counts, &side.lost);
  side.lost_spans = side.spans;
}

void AddSide(const Side& side, std::int32_t from, std::int32_t to, double threshold, const Added& added) {
  IndexedBuckets other = Unfold(added.spans, added.counts);
  Reduce(other, added.schema, to, Rounding::kCompensated);
  std::span<const IndexedBucket> beyond = other;
  if (IsExponentialSchema(to)) {
    while (!beyond.empty() && ExponentialBound(beyond.front().index, to) <= threshold) beyond = beyond.subspan(1);
  }
  if (beyond.empty() && from == to) return;
  IndexedBuckets own = Unfold(side.spans, side.counts, side.lost);
  Reduce(own, from, to, Rounding::kCompensated);
  Store(Merge(own, beyond, Rounding::kCompensated), side);
}

}  // namespace

SumOutcome HistogramSum::Add(const FloatHistogram& other) {
  if (UsesCustomBuckets(sum_) != UsesCustomBuckets(other)) return {.compatible = false};
  SumOutcome outcome{.reset_collision = CombineHints(sum_, other)};
  sum_.integer = false;
  if (!lost_) lost_ = EmptyOfLayout(sum_);
  AddTo(sum_.count, lost_->count, other.count);
  AddTo(sum_.sum, lost_->sum, other.sum);
  if (UsesCustomBuckets(sum_)) {
    outcome.bounds_reconciled = AddCustom(other);
  } else {
    AddExponential(other);
  }
  return outcome;
}

bool HistogramSum::AddCustom(const FloatHistogram& other) {
  const Side side{sum_.positive_spans, sum_.positive_buckets, lost_->positive_spans, lost_->positive_buckets};
  if (SameBounds(sum_.custom_values, other.custom_values)) {
    AddSide(side, sum_.schema, sum_.schema, 0, {other.positive_spans, other.positive_buckets, other.schema});
    return false;
  }
  std::vector<double> bounds = CommonBounds(sum_.custom_values, other.custom_values);
  CommonBuckets common(bounds);
  common.Add(Unfold(side.spans, side.counts, side.lost), sum_.custom_values, CommonBuckets::Sign::kPlus);
  common.Add(Unfold(other.positive_spans, other.positive_buckets), other.custom_values, CommonBuckets::Sign::kPlus);
  Store(common.Populated(), side);
  lost_->custom_values = bounds;
  sum_.custom_values = std::move(bounds);
  return true;
}

void HistogramSum::AddExponential(const FloatHistogram& other) {
  const ZeroBucket zero = ReconcileZeroBuckets(sum_, &*lost_, other);
  AddTo(sum_.zero_count, lost_->zero_count, zero.count);
  AddTo(sum_.zero_count, lost_->zero_count, zero.compensation);
  const std::int32_t schema = std::min(sum_.schema, other.schema);
  AddSide({sum_.positive_spans, sum_.positive_buckets, lost_->positive_spans, lost_->positive_buckets}, sum_.schema,
          schema, sum_.zero_threshold, {other.positive_spans, other.positive_buckets, other.schema});
  AddSide({sum_.negative_spans, sum_.negative_buckets, lost_->negative_spans, lost_->negative_buckets}, sum_.schema,
          schema, sum_.zero_threshold, {other.negative_spans, other.negative_buckets, other.schema});
  sum_.schema = lost_->schema = schema;
  lost_->zero_threshold = sum_.zero_threshold;
}

void HistogramSum::Multiply(double factor) {
  promql::Multiply(sum_, factor);
  if (lost_) promql::Multiply(*lost_, factor);
}

void HistogramSum::Divide(double divisor) {
  promql::Divide(sum_, divisor);
  if (lost_) promql::Divide(*lost_, divisor);
}

bool HistogramSum::HasOverflow() const { return promql::HasOverflow(sum_); }

FloatHistogram HistogramSum::Finish() {
  if (lost_) promql::Add(sum_, *lost_);
  return std::move(sum_);
}

SumOutcome HistogramMean::Add(const FloatHistogram& other) {
  SumOutcome outcome;
  if (!is_running_mean_) {
    HistogramSum next = state_;
    outcome = next.Add(other);
    if (!outcome.compatible) return outcome;
    if (!next.HasOverflow()) {
      ++count_;
      state_ = std::move(next);
      return outcome;
    }
    is_running_mean_ = true;
    state_.Divide(count_);
  }
  ++count_;
  FloatHistogram share = other;
  promql::Divide(share, count_);
  state_.Multiply((count_ - 1) / count_);
  const SumOutcome last = state_.Add(share);
  return {.compatible = last.compatible,
          .reset_collision = outcome.reset_collision || last.reset_collision,
          .bounds_reconciled = outcome.bounds_reconciled || last.bounds_reconciled};
}

FloatHistogram HistogramMean::Finish() {
  if (!is_running_mean_) state_.Divide(count_);
  return state_.Finish();
}

}  // namespace vigia::promql
