#include "promql/histogram/nhcb.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "promql/histogram/layout.h"
#include "promql/value/format.h"

namespace vigia::promql {
namespace {

using storage::Errc;
using storage::Error;
using storage::FloatHistogram;
using storage::Status;

constexpr double kInfinity = std::numeric_limits<double>::infinity();

bool IsWhole(double v) { return std::fabs(v) < 0x1p63 && v == std::floor(v); }

Error Invalid(std::string what) { return {Errc::kInvalid, std::move(what)}; }

Status CheckCounts(const ClassicHistogram& classic) {
  for (const ClassicBucket& bucket : classic.buckets) {
    if (!(bucket.count >= 0))
      return Invalid(fmt::format("bucket count must be non-negative: le={}, count={}",
                                 FormatGeneral(bucket.upper_bound), FormatGeneral(bucket.count)));
  }
  if (classic.count && !(*classic.count >= 0))
    return Invalid(fmt::format("count must be non-negative: count={}", FormatGeneral(*classic.count)));
  return {};
}

void SortBuckets(std::vector<ClassicBucket>& buckets) {
  std::stable_sort(buckets.begin(), buckets.end(),
                   [](const ClassicBucket& a, const ClassicBucket& b) { return a.upper_bound < b.upper_bound; });
  const auto last = std::unique(buckets.begin(), buckets.end(), [](const ClassicBucket& a, const ClassicBucket& b) {
    return a.upper_bound == b.upper_bound;
  });
  buckets.erase(last, buckets.end());
}

}  // namespace

storage::Result<FloatHistogram> ToCustomBuckets(ClassicHistogram classic) {
  if (Status status = CheckCounts(classic); !status) return status.error();
  std::vector<ClassicBucket>& buckets = classic.buckets;
  SortBuckets(buckets);
  const double count = classic.count.value_or(buckets.empty() ? 0 : buckets.back().count);
  if (buckets.empty() || buckets.back().upper_bound != kInfinity) buckets.push_back({kInfinity, count});

  FloatHistogram out;
  out.schema = storage::kCustomBucketsSchema;
  out.count = count;
  out.sum = classic.sum;
  out.integer = IsWhole(count);
  out.positive_spans = {{0, static_cast<std::uint32_t>(buckets.size())}};
  double before = 0;
  for (const ClassicBucket& bucket : buckets) {
    if (bucket.count < before)
      return Invalid(
          fmt::format("count is not cumulative: {} < {}", FormatGeneral(bucket.count), FormatGeneral(before)));
    out.integer = out.integer && IsWhole(bucket.count);
    out.positive_buckets.push_back(bucket.count - before);
    if (bucket.upper_bound != kInfinity) out.custom_values.push_back(bucket.upper_bound);
    before = bucket.count;
  }
  if (count != before)
    return Invalid(fmt::format("count mismatch: count={} != le={} count={}", FormatGeneral(count),
                               FormatGeneral(kInfinity), FormatGeneral(before)));
  // What Prometheus stores: a short gap costs an integer histogram less than a span does.
  Compact(out, out.integer ? 2 : 0);
  return out;
}

}  // namespace vigia::promql
