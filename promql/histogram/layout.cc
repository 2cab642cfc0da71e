#include "promql/histogram/layout.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "promql/histogram/bounds.h"
#include "promql/histogram/buckets.h"
#include "promql/histogram/indexed_buckets.h"

namespace vigia::promql {
namespace {

using storage::BucketSpan;
using storage::FloatHistogram;

// Would compacting without any empty buckets leave everything as it is?
bool IsCompact(const std::vector<BucketSpan>& spans, const std::vector<double>& counts) {
  for (std::size_t i = 0; i < spans.size(); ++i) {
    if (spans[i].length == 0 || (i > 0 && spans[i].offset <= 0)) return false;
  }
  return std::find(counts.begin(), counts.end(), 0.0) == counts.end();
}

void CompactSide(std::vector<BucketSpan>& spans, std::vector<double>& counts, std::size_t max_empty) {
  if (max_empty == 0 && IsCompact(spans, counts)) return;
  IndexedBuckets out;
  for (SideCursor cursor(spans, counts); cursor.Next();) {
    if (cursor.count() == 0) continue;
    if (!out.empty() && cursor.index() - out.back().index - 1 <= static_cast<std::int64_t>(max_empty)) {
      for (std::int64_t gap = out.back().index + 1; gap < cursor.index(); ++gap) out.push_back({gap, 0, 0});
    }
    out.push_back({cursor.index(), cursor.count(), 0});
  }
  FoldInto(out, spans, counts);
}

bool SameBits(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

bool SameSide(const FloatHistogram& a, const FloatHistogram& b, BucketSide side) {
  if (CountsOf(a, side).size() != CountsOf(b, side).size()) return false;
  SideCursor left(a, side);
  SideCursor right(b, side);
  while (true) {
    const bool more = left.Next();
    if (more != right.Next()) return false;
    if (!more) return true;
    if (left.index() != right.index() || !SameBits(left.count(), right.count())) return false;
  }
}

bool AnyInfinite(const std::vector<double>& values) {
  return std::any_of(values.begin(), values.end(), [](double v) { return std::isinf(v); });
}

}  // namespace

void Compact(FloatHistogram& h, std::size_t max_empty) {
  CompactSide(h.positive_spans, h.positive_buckets, max_empty);
  CompactSide(h.negative_spans, h.negative_buckets, max_empty);
}

void ReduceResolution(FloatHistogram& h, std::int32_t schema) {
  if (schema == h.schema) return;
  const auto reduce = [&](std::vector<BucketSpan>& spans, std::vector<double>& counts) {
    IndexedBuckets buckets = Unfold(spans, counts);
    Reduce(buckets, h.schema, schema, Rounding::kPlain);
    FoldInto(buckets, spans, counts);
  };
  reduce(h.positive_spans, h.positive_buckets);
  reduce(h.negative_spans, h.negative_buckets);
  h.schema = schema;
}

bool SameBounds(const std::vector<double>& a, const std::vector<double>& b) { return a == b; }

bool Equals(const FloatHistogram& a, const FloatHistogram& b) {
  if (a.schema != b.schema || !SameBits(a.count, b.count) || !SameBits(a.sum, b.sum)) return false;
  if (UsesCustomBuckets(a) && !SameBounds(a.custom_values, b.custom_values)) return false;
  if (a.zero_threshold != b.zero_threshold || !SameBits(a.zero_count, b.zero_count)) return false;
  return SameSide(a, b, BucketSide::kNegative) && SameSide(a, b, BucketSide::kPositive);
}

bool HasOverflow(const FloatHistogram& h) {
  return std::isinf(h.zero_count) || std::isinf(h.count) || std::isinf(h.sum) || AnyInfinite(h.positive_buckets) ||
         AnyInfinite(h.negative_buckets) || AnyInfinite(h.custom_values);
}

}  // namespace vigia::promql
