// The buckets of a histogram as a map, whatever spans they came in.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "storage/model/histogram.h"

namespace vigia::promqltest {

using BucketMap = std::map<std::int32_t, double>;

// The buckets that are not empty, by index.
BucketMap NonEmptyBuckets(const std::vector<storage::BucketSpan>& spans, const std::vector<double>& buckets);

// The reverse: one span for each run of neighbouring indexes.
void SetBuckets(const BucketMap& map, std::vector<storage::BucketSpan>& spans, std::vector<double>& buckets);

}  // namespace vigia::promqltest
