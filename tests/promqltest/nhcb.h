// Classic histograms as native histograms with custom buckets, for load_with_nhcb.
#pragma once

#include <vector>

#include "storage/model/error.h"
#include "tests/promqltest/notation.h"

namespace vigia::promqltest {

// One series X for each group of X_bucket, X_count and X_sum in `classic`; points by position. kInvalid when buckets
// are not cumulative, negative or NaN.
storage::Result<std::vector<SeriesLine>> ConvertToNhcb(const std::vector<SeriesLine>& classic);

}  // namespace vigia::promqltest
