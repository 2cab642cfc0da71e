#include "promql/histogram/counter_reset.h"

#include <limits>
#include <memory>
#include <utility>

#include "promql/histogram/bounds.h"
#include "promql/histogram/buckets.h"
#include "promql/histogram/layout.h"
#include "promql/histogram/zero_bucket.h"

namespace vigia::promql {
namespace {

using storage::CounterResetHint;

// One side at a lower resolution, without what lies within the zero bucket.
class ReducedCursor {
 public:
  ReducedCursor(const FloatHistogram& h, BucketSide side, std::int32_t schema, double zero_threshold)
      : cursor_(h, side), from_schema_(h.schema), schema_(schema), zero_threshold_(zero_threshold) {
    more_ = cursor_.Next();
  }

  bool Next() {
    while (more_) {
      index_ = Reduced(cursor_.index());
      count_ = 0;
      do {
        count_ += cursor_.count();
        more_ = cursor_.Next();
      } while (more_ && Reduced(cursor_.index()) == index_);
      if (beyond_zero_ || !IsExponentialSchema(schema_) || ExponentialBound(index_, schema_) > zero_threshold_) {
        beyond_zero_ = true;
        return true;
      }
    }
    return false;
  }
  std::int64_t index() const { return index_; }
  double count() const { return count_; }

 private:
  std::int64_t Reduced(std::int64_t index) const {
    return from_schema_ == schema_ ? index : ReducedIndex(index, from_schema_, schema_);
  }
  SideCursor cursor_;
  const std::int32_t from_schema_;
  const std::int32_t schema_;
  const double zero_threshold_;
  bool more_ = false;
  bool beyond_zero_ = false;
  std::int64_t index_ = 0;
  double count_ = 0;
};

// Is a populated bucket gone, or has one a smaller count?
bool SideWasReset(const FloatHistogram& current, const FloatHistogram& previous, BucketSide side) {
  ReducedCursor now(current, side, current.schema, current.zero_threshold);
  ReducedCursor before(previous, side, current.schema, current.zero_threshold);
  bool more = now.Next();
  while (before.Next()) {
    while (more && now.index() < before.index()) more = now.Next();
    const bool has_counterpart = more && now.index() == before.index();
    if (has_counterpart ? now.count() < before.count() : before.count() != 0) return true;
  }
  return false;
}

// What lies at or below `bound` and was not yet taken.
class RollUp {
 public:
  explicit RollUp(const FloatHistogram& h) : h_(h), cursor_(h, BucketSide::kPositive), more_(cursor_.Next()) {}
  double Until(double bound) {
    double sum = 0;
    for (; more_ && BucketBound(h_, cursor_.index()) <= bound; more_ = cursor_.Next()) sum += cursor_.count();
    return sum;
  }

 private:
  const FloatHistogram& h_;
  SideCursor cursor_;
  bool more_;
};

bool WasResetOnCommonBounds(const FloatHistogram& current, const FloatHistogram& previous) {
  const std::vector<double>& ours = current.custom_values;
  const std::vector<double>& theirs = previous.custom_values;
  RollUp now(current);
  RollUp before(previous);
  std::size_t i = 0;
  std::size_t k = 0;
  while (i < ours.size() && k < theirs.size()) {
    if (ours[i] == theirs[k]) {
      if (now.Until(ours[i]) < before.Until(ours[i])) return true;
      ++i;
      ++k;
    } else if (ours[i] < theirs[k]) {
      ++i;
    } else {
      ++k;
    }
  }
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  return now.Until(kInfinity) < before.Until(kInfinity);
}

bool ContentWasReset(const FloatHistogram& current, const FloatHistogram& previous) {
  if (current.count < previous.count) return true;
  if (UsesCustomBuckets(current)) {
    if (!UsesCustomBuckets(previous)) return true;
    if (!SameBounds(current.custom_values, previous.custom_values)) return WasResetOnCommonBounds(current, previous);
  }
  if (current.schema > previous.schema) return true;
  if (current.zero_threshold < previous.zero_threshold) return true;
  const ZeroBucket zero = WidenedZeroBucket(previous, current.zero_threshold, nullptr);
  if (zero.threshold != current.zero_threshold || current.zero_count < zero.count) return true;
  return SideWasReset(current, previous, BucketSide::kPositive) ||
         SideWasReset(current, previous, BucketSide::kNegative);
}

}  // namespace

bool DetectReset(const FloatHistogram& current, const FloatHistogram& previous) {
  switch (current.hint) {
    case CounterResetHint::kReset: return true;
    case CounterResetHint::kNotReset: return false;
    case CounterResetHint::kUnknown:
    case CounterResetHint::kGauge: break;
  }
  return ContentWasReset(current, previous);
}

CounterResetHint HintWhenRead(const FloatHistogram* previous, const FloatHistogram& current) {
  if (current.hint == CounterResetHint::kGauge) return current.hint;
  const bool continues =
      previous != nullptr && previous->hint != CounterResetHint::kGauge && current.hint != CounterResetHint::kReset &&
      current.schema == previous->schema && current.zero_threshold == previous->zero_threshold &&
      SameBounds(current.custom_values, previous->custom_values) && !ContentWasReset(current, *previous);
  return continues ? CounterResetHint::kNotReset : CounterResetHint::kUnknown;
}

CounterResetHint HintForStatistics(const FloatHistogram* previous, const FloatHistogram& current) {
  if (current.hint != CounterResetHint::kUnknown || previous == nullptr) return current.hint;
  return ContentWasReset(current, *previous) ? CounterResetHint::kReset : CounterResetHint::kNotReset;
}

HistogramPtr ForgetNeighbours(const HistogramPtr& h) {
  if (h->hint == CounterResetHint::kUnknown || h->hint == CounterResetHint::kGauge) return h;
  FloatHistogram out = *h;
  out.hint = CounterResetHint::kUnknown;
  return std::make_shared<const FloatHistogram>(std::move(out));
}

}  // namespace vigia::promql
