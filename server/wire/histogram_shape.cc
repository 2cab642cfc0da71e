#include "server/wire/histogram_shape.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <utility>
#include <vector>

#include "server/wire/histogram_rules.h"

namespace vigia::server {
namespace {

using storage::BucketSpan;

// Builds spans and buckets of ever larger indexes.
class SideBuilder {
 public:
  explicit SideBuilder(std::uint32_t max_empty) : max_empty_(max_empty) {}

  void Add(std::int64_t index, double count) {
    if (!buckets_.empty() && index == last_) {
      buckets_.back() += count;
      return;
    }
    if (!buckets_.empty() && index - last_ - 1 <= max_empty_) {
      buckets_.resize(buckets_.size() + static_cast<std::size_t>(index - last_ - 1));
      spans_.back().length += static_cast<std::uint32_t>(index - last_);
    } else {
      const std::int64_t offset = buckets_.empty() ? index : index - last_ - 1;
      spans_.push_back({static_cast<std::int32_t>(offset), 1});
    }
    buckets_.push_back(count);
    last_ = index;
  }

  void MoveTo(std::vector<BucketSpan>& spans, std::vector<double>& buckets) {
    spans = std::move(spans_);
    buckets = std::move(buckets_);
  }

 private:
  const std::uint32_t max_empty_;
  std::int64_t last_ = 0;
  std::vector<BucketSpan> spans_;
  std::vector<double> buckets_;
};

template <class Take>
void ForEachBucket(const std::vector<BucketSpan>& spans, const std::vector<double>& buckets, const Take& take) {
  std::int64_t index = 0;
  std::size_t bucket = 0;
  for (const BucketSpan& span : spans) {
    index += span.offset;
    for (std::uint32_t i = 0; i < span.length; ++i, ++index, ++bucket) take(index, buckets[bucket]);
  }
}

// Bucket i of schema s + k lies in bucket ((i - 1) >> k) + 1 of schema s.
void Reduce(std::vector<BucketSpan>& spans, std::vector<double>& buckets, int shift) {
  SideBuilder side(0);
  ForEachBucket(spans, buckets, [&](std::int64_t index, double count) { side.Add(((index - 1) >> shift) + 1, count); });
  side.MoveTo(spans, buckets);
}

// Whether the distance between any two buckets is one that a span can have.
bool IsNarrow(const std::vector<BucketSpan>& spans) {
  std::int64_t width = 0;
  for (const BucketSpan& span : spans) width += std::abs(std::int64_t{span.offset}) + span.length;
  return width <= INT32_MAX;
}

void CompactSide(std::vector<BucketSpan>& spans, std::vector<double>& buckets, std::uint32_t max_empty) {
  const bool has_empty = std::find(buckets.begin(), buckets.end(), 0.0) != buckets.end();
  if (!has_empty && spans.size() <= 1 && (spans.empty() || spans[0].length > 0)) return;
  if (!IsNarrow(spans)) return;
  SideBuilder side(max_empty);
  ForEachBucket(spans, buckets, [&](std::int64_t index, double count) {
    if (count != 0) side.Add(index, count);
  });
  side.MoveTo(spans, buckets);
}

}  // namespace

void ReduceSchema(storage::FloatHistogram& h, std::int32_t schema) {
  const int shift = h.schema - schema;
  Reduce(h.positive_spans, h.positive_buckets, shift);
  Reduce(h.negative_spans, h.negative_buckets, shift);
  h.schema = schema;
}

void Compact(storage::FloatHistogram& h, std::uint32_t max_empty) {
  CompactSide(h.positive_spans, h.positive_buckets, max_empty);
  CompactSide(h.negative_spans, h.negative_buckets, max_empty);
}

bool FitBuckets(storage::FloatHistogram& h, std::uint64_t limit) {
  while (h.positive_buckets.size() + h.negative_buckets.size() > limit) {
    if (h.schema <= kMinSchema) return false;  // Custom buckets have a number below all exponential schemas.
    ReduceSchema(h, h.schema - 1);
  }
  return true;
}

std::int32_t FinestSchema(double factor) {
  constexpr double kFinestFactor = 1.00271;  // About 2 to the power of 2^-8.
  const double floor = std::floor(-std::log2(std::log2(factor > 1 ? factor : kFinestFactor)));
  return static_cast<std::int32_t>(std::clamp<double>(floor, kMinSchema, kMaxSchema));
}

}  // namespace vigia::server
