// What a query answered against what a case expects.
#pragma once

#include <optional>
#include <string>

#include "promql/value/value.h"
#include "tests/promqltest/test_file.h"

namespace vigia::promqltest {

// Relative tolerance of 1e-6; all NaNs are equal but the staleness marker, which equals itself only.
bool AlmostEqual(double a, double b);

// Empty buckets do not count; the hint is compared only where `expected` wrote it.
bool AlmostEqual(const Point& expected, const storage::FloatHistogram& got);

// Empty when the value is as expected, else what differs.
std::optional<std::string> CompareValue(const Eval& eval, const promql::Value& value);

// The same for the annotations. Positions are ignored when `with_positions` is false.
std::optional<std::string> CompareAnnotations(const Eval& eval, const promql::Annotations& got, bool with_positions);

// The vector (or scalar, when the case expects one) that a range result holds at one time.
storage::Result<promql::Value> ValueAt(const Eval& eval, const promql::Matrix& matrix, TimestampMs at_ms);

}  // namespace vigia::promqltest
