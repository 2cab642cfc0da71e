// The inner loops of decoding, in the widest form that the processor has. All forms give the same bits: they are
// integer arithmetic modulo 2^64, and conversions and divisions that IEEE 754 defines exactly.
#pragma once

#include <cstddef>
#include <cstdint>

namespace vigia::storage {

// Arrays do not overlap; n may be 0. No alignment is needed.
struct IntegerKernels {
  const char* name;
  // n fields of `width` bits (1..64), packed from the low end, into out. REQUIRES: `bytes` has (n * width + 7) / 8
  // bytes; none behind them is read.
  void (*unpack)(const char* bytes, unsigned width, std::int64_t* out, std::size_t n);
  void (*scale)(std::int64_t* v, std::size_t n, std::uint64_t base, std::uint64_t factor);  // v = base + v * factor
  void (*unzigzag)(std::int64_t* v, std::size_t n);
  void (*to_doubles)(const std::int64_t* q, double* out, std::size_t n, double divisor);  // out = q / divisor
};

// The widest that this processor can run; the choice is made once.
const IntegerKernels& BestIntegerKernels();

// All that this processor can run, the plain one first; for tests and benchmarks. Ends with null.
const IntegerKernels* const* AllIntegerKernels();

}  // namespace vigia::storage
