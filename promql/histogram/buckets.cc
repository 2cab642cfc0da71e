#include "promql/histogram/buckets.h"

#include "promql/histogram/bounds.h"

namespace vigia::promql {

using storage::FloatHistogram;

bool SideCursor::Next() {
  while (span_ < spans_.size()) {
    if (in_first_of_span_) {
      next_index_ += spans_[span_].offset;
      in_first_of_span_ = false;
    }
    if (in_span_ < spans_[span_].length) break;
    ++span_;
    in_span_ = 0;
    in_first_of_span_ = true;
  }
  if (span_ == spans_.size() || next_position_ >= counts_.size()) return false;
  ++in_span_;
  index_ = next_index_++;
  position_ = next_position_++;
  return true;
}

ReverseSideCursor::ReverseSideCursor(const FloatHistogram& h, BucketSide side)
    : spans_(SpansOf(h, side)), counts_(CountsOf(h, side)), position_(counts_.size()) {
  std::uint64_t buckets = 0;
  for (const storage::BucketSpan& span : spans_) {
    index_ += static_cast<std::int64_t>(span.offset) + span.length;
    buckets += span.length;
  }
  if (buckets != counts_.size() || spans_.empty()) return;
  span_ = spans_.size();
  left_in_span_ = spans_.back().length;
}

bool ReverseSideCursor::Next() {
  while (span_ > 0 && left_in_span_ == 0) {
    index_ -= spans_[span_ - 1].offset;
    --span_;
    if (span_ > 0) left_in_span_ = spans_[span_ - 1].length;
  }
  if (span_ == 0) return false;
  --left_in_span_;
  --index_;
  --position_;
  return true;
}

HistogramBucket BucketAt(const FloatHistogram& h, BucketSide side, std::int64_t index, double count) {
  HistogramBucket out{.count = count, .index = index};
  if (side == BucketSide::kPositive) {
    out.lower = BucketBound(h, index - 1);
    out.upper = BucketBound(h, index);
  } else {
    out.lower = -BucketBound(h, index);
    out.upper = -BucketBound(h, index - 1);
  }
  const bool custom = UsesCustomBuckets(h);
  out.lower_inclusive = custom ? index == 0 : out.lower < 0;
  out.upper_inclusive = custom || out.upper > 0;
  return out;
}

HistogramBucket ZeroBucketOf(const FloatHistogram& h) {
  return {.lower = -h.zero_threshold,
          .upper = h.zero_threshold,
          .count = h.zero_count,
          .lower_inclusive = true,
          .upper_inclusive = true};
}

BucketCursor::BucketCursor(const FloatHistogram& h, Order order)
    : h_(h),
      first_side_(order == Order::kAscending ? BucketSide::kNegative : BucketSide::kPositive),
      second_side_(order == Order::kAscending ? BucketSide::kPositive : BucketSide::kNegative),
      towards_zero_(h, first_side_),
      away_from_zero_(h, second_side_) {}

bool BucketCursor::Next() {
  if (state_ == State::kTowardsZero) {
    if (towards_zero_.Next()) {
      Set(first_side_, towards_zero_.index(), towards_zero_.count());
      return true;
    }
    state_ = State::kZero;
  }
  if (state_ == State::kZero) {
    state_ = State::kAwayFromZero;
    if (h_.zero_count > 0) {
      bucket_ = ZeroBucketOf(h_);
      return true;
    }
  }
  if (!away_from_zero_.Next()) return false;
  Set(second_side_, away_from_zero_.index(), away_from_zero_.count());
  return true;
}

void BucketCursor::Set(BucketSide side, std::int64_t index, double count) {
  bucket_ = BucketAt(h_, side, index, count);
  if (bucket_.upper < 0 && bucket_.upper > -h_.zero_threshold) {
    bucket_.upper = -h_.zero_threshold;
  } else if (bucket_.lower > 0 && bucket_.lower < h_.zero_threshold) {
    bucket_.lower = h_.zero_threshold;
  }
}

}  // namespace vigia::promql
