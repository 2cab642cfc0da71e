// The quantile of a set of values (surface.md 4.6; Prometheus promql/quantile.go, quantile).
#pragma once

#include <cstddef>
#include <span>

namespace vigia::promql {

// Within [0, 1] and not NaN; anything else raises the warning InvalidQuantile.
bool IsValidQuantile(double q);

// NaN for no values or a NaN q, -Inf for q < 0, +Inf for q > 1, else interpolated linearly between the values next to
// rank q * (n - 1). NaN values are the smallest. Reorders `values`.
double Quantile(double q, std::span<double> values);

// The pieces of it, for a caller that keeps its values sorted in a way of its own.
struct QuantileRank {
  std::size_t lower = 0;  // Indices of the two neighbours in ascending order.
  std::size_t upper = 0;
  double weight = 0;  // Of the upper one.
};
// REQUIRES: IsValidQuantile(q), count > 0.
QuantileRank RankOfQuantile(double q, std::size_t count);
double InterpolateQuantile(double lower, double upper, double weight);
// The result for a q that is not valid.
double QuantileOutside(double q);

}  // namespace vigia::promql
