// Walks over the buckets of a native histogram (Prometheus model/histogram/float_histogram.go, bucket iterators).
// Cursors never read past the end: where spans and buckets disagree they stop early.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "storage/model/histogram.h"

namespace vigia::promql {

struct HistogramBucket {
  double lower = 0;
  double upper = 0;
  double count = 0;
  bool lower_inclusive = false;
  bool upper_inclusive = false;
  std::int64_t index = 0;  // Means nothing for the zero bucket.
};

enum class BucketSide { kPositive, kNegative };

inline std::span<const storage::BucketSpan> SpansOf(const storage::FloatHistogram& h, BucketSide side) {
  return side == BucketSide::kPositive ? h.positive_spans : h.negative_spans;
}
inline std::span<const double> CountsOf(const storage::FloatHistogram& h, BucketSide side) {
  return side == BucketSide::kPositive ? h.positive_buckets : h.negative_buckets;
}

// One side, from the zero bucket outwards. The spans and counts must outlive the cursor.
class SideCursor {
 public:
  SideCursor(std::span<const storage::BucketSpan> spans, std::span<const double> counts)
      : spans_(spans), counts_(counts) {}
  SideCursor(const storage::FloatHistogram& h, BucketSide side) : SideCursor(SpansOf(h, side), CountsOf(h, side)) {}
  bool Next();
  std::int64_t index() const { return index_; }
  double count() const { return counts_[position_]; }
  std::size_t position() const { return position_; }

 private:
  const std::span<const storage::BucketSpan> spans_;
  const std::span<const double> counts_;
  std::size_t span_ = 0;
  std::uint32_t in_span_ = 0;  // Buckets of spans_[span_] already passed.
  std::int64_t next_index_ = 0;
  std::size_t next_position_ = 0;
  std::int64_t index_ = 0;
  std::size_t position_ = 0;
  bool in_first_of_span_ = true;
};

// One side, from the outermost bucket towards zero.
class ReverseSideCursor {
 public:
  ReverseSideCursor(const storage::FloatHistogram& h, BucketSide side);
  bool Next();
  std::int64_t index() const { return index_; }
  double count() const { return counts_[position_]; }

 private:
  const std::span<const storage::BucketSpan> spans_;
  const std::span<const double> counts_;
  std::size_t span_ = 0;  // One behind the current span.
  std::uint32_t left_in_span_ = 0;
  std::int64_t index_ = 0;
  std::size_t position_ = 0;
};

// Bucket `index` of one side, with its bounds.
HistogramBucket BucketAt(const storage::FloatHistogram& h, BucketSide side, std::int64_t index, double count);
HistogramBucket ZeroBucketOf(const storage::FloatHistogram& h);

// All buckets, the zero bucket included if it is populated, in the order of their bounds. Buckets that overlap the zero
// bucket are cut at it.
class BucketCursor {
 public:
  enum class Order { kAscending, kDescending };
  // `h` must outlive the cursor.
  BucketCursor(const storage::FloatHistogram& h, Order order);
  bool Next();
  const HistogramBucket& bucket() const { return bucket_; }

 private:
  enum class State { kTowardsZero, kZero, kAwayFromZero };
  void Set(BucketSide side, std::int64_t index, double count);
  const storage::FloatHistogram& h_;
  const BucketSide first_side_;
  const BucketSide second_side_;
  ReverseSideCursor towards_zero_;
  SideCursor away_from_zero_;
  State state_ = State::kTowardsZero;
  HistogramBucket bucket_;
};

}  // namespace vigia::promql
