#include "promql/histogram/format.h"

#include <fmt/format.h>

#include "promql/histogram/buckets.h"
#include "promql/value/format.h"

namespace vigia::promql {
namespace {

void AppendBucket(std::string& out, const HistogramBucket& bucket) {
  fmt::format_to(std::back_inserter(out), ", {}{},{}{}:{}", bucket.lower_inclusive ? '[' : '(',
                 FormatGeneral(bucket.lower), FormatGeneral(bucket.upper), bucket.upper_inclusive ? ']' : ')',
                 FormatGeneral(bucket.count));
}

}  // namespace

std::string FormatHistogram(const storage::FloatHistogram& h) {
  std::string out = fmt::format("{{count:{}, sum:{}", FormatGeneral(h.count), FormatGeneral(h.sum));
  // Not cut at the zero bucket, as opposed to BucketCursor; and a zero bucket may be negative here.
  for (ReverseSideCursor cursor(h, BucketSide::kNegative); cursor.Next();) {
    if (cursor.count() != 0) AppendBucket(out, BucketAt(h, BucketSide::kNegative, cursor.index(), cursor.count()));
  }
  if (h.zero_count != 0) AppendBucket(out, ZeroBucketOf(h));
  for (SideCursor cursor(h, BucketSide::kPositive); cursor.Next();) {
    if (cursor.count() != 0) AppendBucket(out, BucketAt(h, BucketSide::kPositive, cursor.index(), cursor.count()));
  }
  out += '}';
  return out;
}

}  // namespace vigia::promql
