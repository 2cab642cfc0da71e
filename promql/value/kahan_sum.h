// Kahan summation with Neumaier's improvement, in the order of operations of Prometheus util/kahansum.
#pragma once

#include <cmath>

namespace vigia::promql {

struct KahanSum {
  double sum = 0;
  double compensation = 0;

  // An overflow clears the compensation: it would turn an infinite sum into NaN.
  void Add(double value) {
    const double total = sum + value;
    const bool sum_is_larger = std::fabs(sum) >= std::fabs(value);
    const double larger = sum_is_larger ? sum : value;
    const double smaller = sum_is_larger ? value : sum;
    const double corrected = compensation + ((larger - total) + smaller);
    compensation = std::isinf(total) ? 0 : corrected;
    sum = total;
  }
  double Total() const { return sum + compensation; }
};

}  // namespace vigia::promql
