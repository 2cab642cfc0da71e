// rate, increase, delta, resets and changes of anchored and smoothed ranges (surface.md 4.8; Prometheus
// promql/functions.go, extendedRate).
#pragma once

#include <cstdint>
#include <optional>

#include "promql/functions/range_function.h"

namespace vigia::promql {

// The last sample at or before the start of the range, or the first of the window. nullopt when all samples lie
// before the range, or all after it. Also for plain windows, where it is the first sample.
std::optional<std::uint32_t> FirstSampleOfRange(const WindowSet& windows, std::size_t step);

// The difference between the values at both ends of the range, with resets taken into account for a counter.
std::optional<double> ExtendedIncrease(const RangeInput& input, std::size_t step, bool is_counter);

}  // namespace vigia::promql
