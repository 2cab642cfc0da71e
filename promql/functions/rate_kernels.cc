#include "promql/functions/rate_kernels.h"

#include <algorithm>
#include <bit>
#include <cstdint>

#include "storage/cpu/runnable_kernels.h"
#include "storage/model/sample.h"

namespace vigia::promql {
namespace {

using storage::Instructions;
using storage::RunnableKernels;

// Bodies that every form shares, see fold_kernels.cc. What is looked for is rare: blocks are gone through without a
// branch.
#define VIGIA_SHARED static inline __attribute__((always_inline))
constexpr std::size_t kBlock = 256;

VIGIA_SHARED bool HasStaleBody(const double* values, std::size_t n) {
  for (std::size_t begin = 0; begin < n; begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, n);
    std::uint64_t found = 0;
    for (std::size_t i = begin; i < end; ++i) found |= storage::IsStaleNan(values[i]) ? 1 : 0;
    if (found != 0) return true;
  }
  return false;
}

VIGIA_SHARED bool DescendsBody(const double* values, std::size_t n) {
  for (std::size_t begin = 1; begin < n; begin += kBlock) {
    const std::size_t end = std::min(begin + kBlock, n);
    std::uint64_t found = 0;
    for (std::size_t i = begin; i < end; ++i) found |= values[i] < values[i - 1] ? 1 : 0;
    if (found != 0) return true;
  }
  return false;
}

VIGIA_SHARED bool DifferencesBody(const double* __restrict first, const double* __restrict last,
                                  const double* __restrict factors, const double* __restrict limits, std::size_t n,
                                  double* __restrict out) {
  std::uint64_t unusual = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const double growth = last[i] - first[i];
    unusual |= (growth > 0) & (first[i] >= 0) & !(first[i] >= growth * limits[i]) ? 1 : 0;
    out[i] = growth * factors[i];
  }
  return unusual == 0;
}

// The three functions of one form.
#define VIGIA_RATE_FORM(Name, TARGET)                                                                                 \
  TARGET bool HasStale##Name(const double* v, std::size_t n) { return HasStaleBody(v, n); }                           \
  TARGET bool Descends##Name(const double* v, std::size_t n) { return DescendsBody(v, n); }                           \
  TARGET bool Differences##Name(const double* first, const double* last, const double* factors, const double* limits, \
                                std::size_t n, double* out) {                                                         \
    return DifferencesBody(first, last, factors, limits, n, out);                                                     \
  }                                                                                                                   \
  constexpr RateKernels k##Name{#Name, HasStale##Name, Descends##Name, Differences##Name};

VIGIA_RATE_FORM(Plain, )
#if defined(__x86_64__)
VIGIA_RATE_FORM(Avx2, __attribute__((target("avx2"))))
VIGIA_RATE_FORM(Avx512, __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512"))))
#endif

const RunnableKernels<RateKernels>& Runnable() {
  static const RunnableKernels<RateKernels> found {
    {Instructions::kAny, &kPlain},
#if defined(__x86_64__)
        {Instructions::kAvx2, &kAvx2}, {Instructions::kAvx512, &kAvx512},
#endif
  };
  return found;
}

}  // namespace

const RateKernels& BestRateKernels() { return Runnable().widest(); }

const RateKernels* const* AllRateKernels() { return Runnable().all(); }

}  // namespace vigia::promql
