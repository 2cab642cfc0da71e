#include "tests/promqltest/buckets.h"

namespace vigia::promqltest {

BucketMap NonEmptyBuckets(const std::vector<storage::BucketSpan>& spans, const std::vector<double>& buckets) {
  BucketMap map;
  std::int32_t index = 0;
  std::size_t at = 0;
  for (const storage::BucketSpan& span : spans) {
    index += span.offset;
    for (std::uint32_t i = 0; i < span.length && at < buckets.size(); ++i, ++index, ++at) {
      if (buckets[at] != 0) map[index] = buckets[at];
    }
  }
  return map;
}

void SetBuckets(const BucketMap& map, std::vector<storage::BucketSpan>& spans, std::vector<double>& buckets) {
  spans.clear();
  buckets.clear();
  std::int32_t next = 0;
  for (const auto& [index, count] : map) {
    if (spans.empty() || index != next) spans.push_back({index - next, 0});
    ++spans.back().length;
    buckets.push_back(count);
    next = index + 1;
  }
}

}  // namespace vigia::promqltest
