// The layout of buckets: spans without holes, lower resolutions, equality (Prometheus model/histogram/generic.go).
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "storage/model/histogram.h"

namespace vigia::promql {

// Removes empty buckets but for runs of up to `max_empty` between populated ones, and closes gaps of up to that width
// with empty buckets. 0 is what query results have; more keeps spans fewer in storage.
void Compact(storage::FloatHistogram& h, std::size_t max_empty = 0);

// Merges the buckets down to `schema`. REQUIRES: both schemas exponential, schema <= h.schema.
void ReduceResolution(storage::FloatHistogram& h, std::int32_t schema);

// The operator ==, and what changes() counts: the same schema, bounds, buckets (empty ones are not the same as missing
// ones) and numbers, these bit by bit. Hints do not matter.
bool Equals(const storage::FloatHistogram& a, const storage::FloatHistogram& b);

bool SameBounds(const std::vector<double>& a, const std::vector<double>& b);

// Is any of its numbers infinite?
bool HasOverflow(const storage::FloatHistogram& h);

}  // namespace vigia::promql
