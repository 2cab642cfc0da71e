// The quantile of a set of values (surface.md 4.6; Prometheus promql/quantile.go, quantile).
#pragma once

#include <span>

namespace vigia::promql {

// Within [0, 1] and not NaN; anything else raises the warning InvalidQuantile.
bool IsValidQuantile(double q);

// NaN for no values or a NaN q, -Inf for q < 0, +Inf for q > 1, else interpolated linearly between the values next to
// rank q * (n - 1). NaN values are the smallest. Reorders `values`.
double Quantile(double q, std::span<double> values);

// The same for values that are sorted already: ascending, NaNs first.
double QuantileOfSorted(double q, std::span<const double> values);

}  // namespace vigia::promql
