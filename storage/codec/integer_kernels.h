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
  void (*add)(std::int64_t* v, const std::int64_t* other, std::size_t n);  // v += other
  void (*sum)(std::int64_t* v, std::size_t n);                             // v[i] = v[0] + ... + v[i]
  // The positions of the first n set bits, counted from the low end; returns how many of them there are.
  // REQUIRES: size_bytes * 8 is less than 2^32.
  std::size_t (*find_ones)(const char* bytes, std::size_t size_bytes, std::uint32_t* at, std::size_t n);
  // v |= z << width, where z is the number of zeros between a set bit and the one before it. REQUIRES: width < 64.
  void (*put_above)(const std::uint32_t* ones, unsigned width, std::int64_t* v, std::size_t n);
  void (*to_doubles)(const std::int64_t* q, double* out, std::size_t n, double divisor);  // out = q / divisor
};

// The widest that this processor can run; the choice is made once.
const IntegerKernels& BestIntegerKernels();

// All that this processor can run, the plain one first; for tests and benchmarks. Ends with null.
const IntegerKernels* const* AllIntegerKernels();

}  // namespace vigia::storage
