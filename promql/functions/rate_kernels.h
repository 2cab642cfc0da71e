// The inner loops of rate, increase and delta, and of what is asked of samples before, in the widest form that the
// processor has. All forms give the same bits.
#pragma once

#include <cstddef>

namespace vigia::promql {

struct RateKernels {
  const char* name;
  // Whether a staleness marker is among the values.
  bool (*has_stale)(const double* values, std::size_t n);
  // Whether a value is below the one before it.
  bool (*descends)(const double* values, std::size_t n);
  // out = (last - first) * factor for each of n steps. False when the line through a counter's samples may meet zero
  // after the start of the window: when it grows from zero or above, and `first` is below the growth times `limit`.
  bool (*differences)(const double* first, const double* last, const double* factors, const double* limits,
                      std::size_t n, double* out);
};

// The widest that this processor can run; the choice is made once.
const RateKernels& BestRateKernels();

// All that this processor can run, the plain one first; for tests. Ends with null.
const RateKernels* const* AllRateKernels();

}  // namespace vigia::promql
