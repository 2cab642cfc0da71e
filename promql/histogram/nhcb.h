// A classic histogram as a native one with custom buckets (Prometheus util/convertnhcb): what the scrape option
// convert_classic_histograms_to_nhcb stores, and load_with_nhcb in .test files.
#pragma once

#include <optional>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/histogram.h"

namespace vigia::promql {

struct ClassicBucket {
  double upper_bound = 0;  // `le`, not NaN.
  double count = 0;        // Cumulative.
};

// The samples of X_bucket, X_count and X_sum that belong together.
struct ClassicHistogram {
  std::vector<ClassicBucket> buckets = {};     // In any order; of equal bounds the first counts.
  std::optional<double> count = std::nullopt;  // Else the highest bucket's.
  double sum = 0;
};

// Without a bucket of +Inf, one with the overall count is added. `integer` if all counts are whole. kInvalid when
// counts are negative, NaN or not cumulative, or the overall count is not that of the highest bucket.
storage::Result<storage::FloatHistogram> ToCustomBuckets(ClassicHistogram classic);

}  // namespace vigia::promql
