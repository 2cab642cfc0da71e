// A native histogram as text: what count_values() and printed results show (surface.md 4.11).
#pragma once

#include <string>

#include "storage/model/histogram.h"

namespace vigia::promql {

// "{count:3, sum:1.5, [-1,-0.5):1, [-0.001,0.001]:1, (0.5,1]:1}": populated buckets only, in the order of their bounds.
std::string FormatHistogram(const storage::FloatHistogram& h);

}  // namespace vigia::promql
