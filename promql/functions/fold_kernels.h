// The inner loops of aggregation over rows, in the widest form that the processor has. A lane is a step: the order in
// which the values of a step are added does not depend on the form, so all give the same bits.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vigia::promql {

// Arrays of n steps; `valid` is 0 or 1 for each. None overlap.
struct FoldKernels {
  const char* name;
  // Kahan-Neumaier sums of the valid values; seen |= valid.
  void (*sum)(const double* values, const std::uint8_t* valid, std::size_t n, double* sums, double* compensations,
              std::uint8_t* seen);
  // The same for a mean, with counts of values. False, and nothing is changed, when a sum would overflow or a count is
  // negative: then the mean is not a sum.
  bool (*mean)(const double* values, const std::uint8_t* valid, std::size_t n, double* sums, double* compensations,
               double* counts);
  // The smallest, largest value; NaN gives way to all others.
  void (*min)(const double* values, const std::uint8_t* valid, std::size_t n, double* cells, std::uint8_t* seen);
  void (*max)(const double* values, const std::uint8_t* valid, std::size_t n, double* cells, std::uint8_t* seen);
  void (*count)(const std::uint8_t* valid, std::size_t n, double* counts);
};

// The widest that this processor can run; the choice is made once.
const FoldKernels& BestFoldKernels();

// All that this processor can run, the plain one first; for tests. Ends with null.
const FoldKernels* const* AllFoldKernels();

}  // namespace vigia::promql
