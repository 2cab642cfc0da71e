// Collects the series of one classic histogram and makes a native histogram with custom buckets of them, as Prometheus'
// convert_classic_histograms_to_nhcb does (util/convertnhcb).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "storage/model/histogram.h"

namespace vigia::server {

// Thread-compatible.
class ClassicHistogram {
 public:
  void Clear();
  // Of buckets with the same bound the first one counts. REQUIRES: `upper_bound` is not a NaN.
  void AddBucket(double upper_bound, double cumulative_count);
  void SetCount(double count) { count_ = count; }
  void SetSum(double sum) { sum_ = sum; }

  // Null where the counts make no histogram: negative, falling from bucket to bucket, or not what the total says.
  // Without a bucket +Inf the total count is one; without a total it is the highest bucket's. Reorders the buckets.
  std::shared_ptr<storage::FloatHistogram> ToCustomBuckets();

 private:
  struct Bucket {
    double upper_bound;
    double count;  // Cumulative.
  };
  bool Sort();

  std::vector<Bucket> buckets_;
  std::optional<double> count_;
  double sum_ = 0;
};

// Which series of a classic histogram a metric name is of.
enum class HistogramPart : std::uint8_t { kNone, kBucket, kCount, kSum };

struct HistogramName {
  HistogramPart part = HistogramPart::kNone;
  std::string_view family;  // The name without the part's suffix.
};
HistogramName SplitHistogramName(std::string_view name);

}  // namespace vigia::server
