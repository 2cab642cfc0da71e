// How much a native histogram weighs where samples are counted (Prometheus promql/value.go, HPoint.size).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/model/histogram.h"

namespace vigia::promql {

// A histogram counts as many samples as floats with their times fit into its memory: the fields and 8 bytes for each
// span, bucket and bound, measured as the reference's are. At least 1.
std::uint64_t SamplesOf(const storage::FloatHistogram& h);

// before[i] = samples in front of the sample at i, before[size] = all of them. Where no histogram is set there is a
// float.
void SumSamples(std::span<const storage::HistogramPtr> histograms, std::vector<std::uint64_t>& before);

}  // namespace vigia::promql
