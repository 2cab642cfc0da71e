#include "server/otlp/point_histograms.h"

#include <cmath>
#include <cstdint>

#include <fmt/format.h>

#include "server/wire/histogram_rules.h"
#include "server/wire/histogram_shape.h"

namespace vigia::server {
namespace {

constexpr double kZeroThreshold = 1e-128;  // What the reference stores, whatever the point says.
constexpr std::uint32_t kMaxEmptyRun = 2;
constexpr std::int32_t kMaxIndex = 1 << 30;  // Far beyond any double in the finest schema.

// The exact sum of counts and whether it fits, for the check against the total.
bool AddCounts(const std::vector<std::uint64_t>& counts, std::uint64_t& sum) {
  for (const std::uint64_t count : counts) {
    if (sum + count < sum) return false;
    sum += count;
  }
  return true;
}

void SetSide(const std::vector<std::uint64_t>& counts, std::int32_t first_index,
             std::vector<storage::BucketSpan>& spans, std::vector<double>& buckets) {
  if (counts.empty()) return;
  spans = {{first_index, static_cast<std::uint32_t>(counts.size())}};
  buckets.reserve(counts.size());
  for (const std::uint64_t count : counts) buckets.push_back(static_cast<double>(count));
}

std::shared_ptr<storage::FloatHistogram> Begin(const OtlpPoint& point, Temporality temporality) {
  auto h = std::make_shared<storage::FloatHistogram>();
  h->integer = true;
  h->count = static_cast<double>(point.count);
  h->sum = point.sum.value_or(0);
  // Deltas do not grow: as gauges they are not taken for counters that were reset.
  if (temporality == Temporality::kDelta) h->hint = storage::CounterResetHint::kGauge;
  return h;
}

std::string CheckTotal(std::uint64_t found, bool fits, const OtlpPoint& point) {
  const bool unknown = std::isnan(point.sum.value_or(0));  // Observations of NaN are in no bucket.
  if (fits && (unknown ? found <= point.count : found == point.count)) return {};
  return fmt::format(
      "{} observations found in buckets, but the Count field is {}: histogram's observation count should {}", found,
      point.count,
      unknown ? "be at least the number of observations found in the buckets"
              : "equal the number of observations found in the buckets (in absence of NaN)");
}

}  // namespace

PointHistogram ExponentialOf(const OtlpPoint& point, Temporality temporality) {
  if (point.scale < kMinSchema) {
    return {nullptr, fmt::format("cannot convert exponential to native histogram. Scale must be >= {}, was {}",
                                 kMinSchema, point.scale)};
  }
  for (const OtlpBuckets* side : {&point.positive, &point.negative}) {
    if (side->offset > kMaxIndex || side->offset < -kMaxIndex) return {nullptr, "bucket offset is out of range"};
  }
  std::uint64_t found = point.zero_count;
  const bool fits = AddCounts(point.positive.counts, found) && AddCounts(point.negative.counts, found);
  PointHistogram out{nullptr, CheckTotal(found, fits, point)};
  if (!out.fault.empty()) return out;
  auto h = Begin(point, temporality);
  h->schema = point.scale;
  h->zero_threshold = kZeroThreshold;
  h->zero_count = static_cast<double>(point.zero_count);
  // Index 0 is (1, base] there and (1/base, 1] here.
  SetSide(point.positive.counts, point.positive.offset + 1, h->positive_spans, h->positive_buckets);
  SetSide(point.negative.counts, point.negative.offset + 1, h->negative_spans, h->negative_buckets);
  if (h->schema > kMaxSchema) {
    constexpr std::int32_t kMaxShift = 30;  // Beyond it all buckets of a side are one or two anyway.
    h->schema = std::min(h->schema, kMaxSchema + kMaxShift);
    ReduceSchema(*h, kMaxSchema);
  }
  Compact(*h, kMaxEmptyRun);
  out.h = std::move(h);
  return out;
}

PointHistogram CustomBucketsOf(const OtlpPoint& point, Temporality temporality) {
  std::uint64_t found = 0;
  const bool fits = AddCounts(point.bucket_counts, found);
  PointHistogram out{nullptr, CheckTotal(found, fits, point)};
  if (!out.fault.empty()) return out;
  auto h = Begin(point, temporality);
  h->schema = storage::kCustomBucketsSchema;
  h->custom_values = point.explicit_bounds;
  SetSide(point.bucket_counts, 0, h->positive_spans, h->positive_buckets);
  out.fault = CheckHistogram(*h);
  if (!out.fault.empty()) return out;
  Compact(*h, kMaxEmptyRun);
  out.h = std::move(h);
  return out;
}

}  // namespace vigia::server
