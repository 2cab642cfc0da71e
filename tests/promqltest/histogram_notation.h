// Native histograms as .test files write them: {{schema:0 count:3 sum:4 buckets:[1 2]}}.
#pragma once

#include <string_view>

#include "storage/model/error.h"
#include "storage/model/histogram.h"

namespace vigia::promqltest {

struct WrittenHistogram {
  storage::FloatHistogram histogram;
  bool hint_written = false;
};

// `text` is what stands between the double braces.
storage::Result<WrittenHistogram> ParseHistogram(std::string_view text);

// a + sign * b. The schema of b is reduced to that of a. kInvalid when a's schema is the larger or bounds differ.
storage::Result<storage::FloatHistogram> Combine(const storage::FloatHistogram& a, const storage::FloatHistogram& b,
                                                 int sign);

}  // namespace vigia::promqltest
