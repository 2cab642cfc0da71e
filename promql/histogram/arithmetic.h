// Sums, differences and multiples of native histograms (Prometheus model/histogram/float_histogram.go; surface.md
// 4.11). Operands need not have the same layout: the lower resolution wins, the wider zero bucket wins, custom bounds
// are cut down to those that both have.
#pragma once

#include <cstdint>
#include <vector>

#include "storage/model/histogram.h"

namespace vigia::promql {

struct SumOutcome {
  bool compatible = true;          // false: exponential with custom buckets; nothing was done.
  bool reset_collision = false;    // One hint said reset, the other one not.
  bool bounds_reconciled = false;  // Custom bounds differed.
};

// h += other, h -= other. The hint becomes gauge if either is a gauge, what both say if they agree, else unknown. (The
// operator `-` makes a gauge of every difference.) The result may have empty buckets.
SumOutcome Add(storage::FloatHistogram& h, const storage::FloatHistogram& other);
SumOutcome Subtract(storage::FloatHistogram& h, const storage::FloatHistogram& other);

// All counts and the sum. A negative factor makes a gauge; division by 0 removes the buckets.
void Multiply(storage::FloatHistogram& h, double factor);
void Divide(storage::FloatHistogram& h, double divisor);

// Makes `h` carry the hint of a sum of both. true = collision.
bool CombineHints(storage::FloatHistogram& h, const storage::FloatHistogram& other);

// The bounds that are in both. REQUIRES: both ascend.
std::vector<double> CommonBounds(const std::vector<double>& a, const std::vector<double>& b);

}  // namespace vigia::promql
