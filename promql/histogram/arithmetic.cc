#include "promql/histogram/arithmetic.h"

#include <algorithm>
#include <iterator>

#include "promql/histogram/bounds.h"
#include "promql/histogram/custom_buckets.h"
#include "promql/histogram/indexed_buckets.h"
#include "promql/histogram/layout.h"
#include "promql/histogram/zero_bucket.h"

namespace vigia::promql {
namespace {

using storage::BucketSpan;
using storage::CounterResetHint;
using Sign = CommonBuckets::Sign;

// One side of a histogram, to be changed or only read.
struct Target {
  std::vector<BucketSpan>& spans;
  std::vector<double>& counts;
};
struct Source {
  const std::vector<BucketSpan>& spans;
  const std::vector<double>& counts;
  std::int32_t schema;
};

// Buckets that lie within the zero bucket have been counted there.
std::span<const IndexedBucket> Beyond(const IndexedBuckets& buckets, std::int32_t schema, double threshold) {
  if (!IsExponentialSchema(schema)) return buckets;
  const auto first = std::find_if(buckets.begin(), buckets.end(), [&](const IndexedBucket& bucket) {
    return ExponentialBound(bucket.index, schema) > threshold;
  });
  return std::span(buckets).subspan(static_cast<std::size_t>(first - buckets.begin()));
}

// Brings `target`, of schema `from`, down to `to`, and adds `source`.
void AddSide(Target target, std::int32_t from, std::int32_t to, double threshold, Source source, Sign sign) {
  if (source.counts.empty() && from == to) return;
  IndexedBuckets added = Unfold(source.spans, source.counts);
  Reduce(added, source.schema, to, Rounding::kPlain);
  if (sign == Sign::kMinus) {
    for (IndexedBucket& bucket : added) bucket.count = -bucket.count;
  }
  const std::span<const IndexedBucket> beyond = Beyond(added, to, threshold);
  const bool same_layout = beyond.size() == added.size() && from == to && source.schema == to &&
                           source.spans == target.spans && source.counts.size() == target.counts.size() &&
                           added.size() == target.counts.size();
  if (same_layout) {
    for (std::size_t i = 0; i < added.size(); ++i) target.counts[i] += added[i].count;
    return;
  }
  IndexedBuckets own = Unfold(target.spans, target.counts);
  Reduce(own, from, to, Rounding::kPlain);
  FoldInto(Merge(own, beyond, Rounding::kPlain), target.spans, target.counts);
}

void AddOnCommonBounds(FloatHistogram& h, const FloatHistogram& other, Sign sign) {
  std::vector<double> bounds = CommonBounds(h.custom_values, other.custom_values);
  CommonBuckets common(bounds);
  common.Add(Unfold(h.positive_spans, h.positive_buckets), h.custom_values, Sign::kPlus);
  common.Add(Unfold(other.positive_spans, other.positive_buckets), other.custom_values, sign);
  FoldInto(common.Populated(), h.positive_spans, h.positive_buckets);
  h.custom_values = std::move(bounds);
}

SumOutcome Combine(FloatHistogram& h, const FloatHistogram& other, Sign sign) {
  if (UsesCustomBuckets(h) != UsesCustomBuckets(other)) return {.compatible = false};
  SumOutcome outcome{.reset_collision = CombineHints(h, other)};
  const bool plus = sign == Sign::kPlus;
  h.integer = false;
  h.count += plus ? other.count : -other.count;
  h.sum += plus ? other.sum : -other.sum;
  const auto positive = [](auto& histogram) { return Target{histogram.positive_spans, histogram.positive_buckets}; };
  const Source other_positive{other.positive_spans, other.positive_buckets, other.schema};
  if (UsesCustomBuckets(h)) {
    outcome.bounds_reconciled = !SameBounds(h.custom_values, other.custom_values);
    if (outcome.bounds_reconciled) {
      AddOnCommonBounds(h, other, sign);
    } else {
      AddSide(positive(h), h.schema, h.schema, 0, other_positive, sign);
    }
    return outcome;
  }
  const double zero_count = ReconcileZeroBuckets(h, nullptr, other).count;
  h.zero_count += plus ? zero_count : -zero_count;
  const std::int32_t schema = std::min(h.schema, other.schema);
  AddSide(positive(h), h.schema, schema, h.zero_threshold, other_positive, sign);
  AddSide({h.negative_spans, h.negative_buckets}, h.schema, schema, h.zero_threshold,
          {other.negative_spans, other.negative_buckets, other.schema}, sign);
  h.schema = schema;
  return outcome;
}

}  // namespace

SumOutcome Add(FloatHistogram& h, const FloatHistogram& other) { return Combine(h, other, Sign::kPlus); }

SumOutcome Subtract(FloatHistogram& h, const FloatHistogram& other) { return Combine(h, other, Sign::kMinus); }

void Multiply(FloatHistogram& h, double factor) {
  h.integer = false;
  h.zero_count *= factor;
  h.count *= factor;
  h.sum *= factor;
  for (double& count : h.positive_buckets) count *= factor;
  for (double& count : h.negative_buckets) count *= factor;
  if (factor < 0) h.hint = CounterResetHint::kGauge;
}

void Divide(FloatHistogram& h, double divisor) {
  h.integer = false;
  h.zero_count /= divisor;
  h.count /= divisor;
  h.sum /= divisor;
  if (divisor == 0) {
    h.positive_spans.clear();
    h.negative_spans.clear();
    h.positive_buckets.clear();
    h.negative_buckets.clear();
    return;
  }
  for (double& count : h.positive_buckets) count /= divisor;
  for (double& count : h.negative_buckets) count /= divisor;
  if (divisor < 0) h.hint = CounterResetHint::kGauge;
}

bool CombineHints(FloatHistogram& h, const FloatHistogram& other) {
  if (h.hint == other.hint || h.hint == CounterResetHint::kGauge) return false;
  if (other.hint == CounterResetHint::kGauge) {
    h.hint = CounterResetHint::kGauge;
    return false;
  }
  const bool collision = h.hint != CounterResetHint::kUnknown && other.hint != CounterResetHint::kUnknown;
  h.hint = CounterResetHint::kUnknown;
  return collision;
}

std::vector<double> CommonBounds(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> out;
  std::set_intersection(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

}  // namespace vigia::promql
