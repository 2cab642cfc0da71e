// Where the buckets of a native histogram begin and end (Prometheus model/histogram/generic.go, getBound).
#pragma once

#include <cstdint>

#include "storage/model/histogram.h"

namespace vigia::promql {

using storage::FloatHistogram;

inline constexpr std::int32_t kMinExponentialSchema = -4;
inline constexpr std::int32_t kMaxExponentialSchema = 8;

inline bool UsesCustomBuckets(const FloatHistogram& h) { return h.schema == storage::kCustomBucketsSchema; }
inline bool IsExponentialSchema(std::int32_t schema) {
  return schema >= kMinExponentialSchema && schema <= kMaxExponentialSchema;
}

// The upper bound of the positive bucket `index`: 2^(index * 2^-schema), the last finite one being the largest double.
// Total: any index and any schema give a value.
double ExponentialBound(std::int64_t index, std::int32_t schema);

// The same for any histogram. Custom buckets: -Inf below the first bound, +Inf from the end of the list on.
double BucketBound(const FloatHistogram& h, std::int64_t index);

// The bucket of `to_schema` that holds bucket `index` of `from_schema`. REQUIRES: to_schema <= from_schema,
// exponential.
inline std::int64_t ReducedIndex(std::int64_t index, std::int32_t from_schema, std::int32_t to_schema) {
  return ((index - 1) >> (from_schema - to_schema)) + 1;
}

}  // namespace vigia::promql
