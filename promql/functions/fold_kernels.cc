#include "promql/functions/fold_kernels.h"

#include "promql/value/kahan_sum.h"
#include "storage/cpu/runnable_kernels.h"

namespace vigia::promql {
namespace {

using storage::Instructions;
using storage::RunnableKernels;
using Flag = std::uint8_t;

// Bodies that every form shares: inlined into functions with another target, they are vectorised for it. Without
// branches, for the same reason.
#define VIGIA_SHARED static inline __attribute__((always_inline))

// Adding the first value to 0 instead of starting with it changes nothing: the sum comes out with its compensation
// added, which turns -0 into 0 either way. So cells need no branch.
VIGIA_SHARED void SumBody(const double* __restrict values, const Flag* __restrict valid, std::size_t n,
                          double* __restrict sums, double* __restrict compensations, Flag* __restrict seen) {
  for (std::size_t i = 0; i < n; ++i) {
    KahanSum next{sums[i], compensations[i]};
    next.Add(values[i]);
    sums[i] = valid[i] != 0 ? next.sum : sums[i];
    compensations[i] = valid[i] != 0 ? next.compensation : compensations[i];
  }
  for (std::size_t i = 0; i < n; ++i) seen[i] |= valid[i];
}

VIGIA_SHARED bool MeanBody(const double* __restrict values, const Flag* __restrict valid, std::size_t n,
                           double* __restrict sums, double* __restrict compensations, double* __restrict counts) {
  std::uint64_t odd = 0;
  for (std::size_t i = 0; i < n; ++i) {
    const bool overflows = std::isinf(sums[i] + values[i]) & (valid[i] != 0);
    odd |= overflows | (counts[i] < 0) ? 1 : 0;
  }
  if (odd != 0) return false;
  for (std::size_t i = 0; i < n; ++i) {
    KahanSum next{sums[i], compensations[i]};
    next.Add(values[i]);
    sums[i] = valid[i] != 0 ? next.sum : sums[i];
    compensations[i] = valid[i] != 0 ? next.compensation : compensations[i];
    counts[i] += static_cast<double>(valid[i]);
  }
  return true;
}

VIGIA_SHARED void MinBody(const double* __restrict values, const Flag* __restrict valid, std::size_t n,
                          double* __restrict cells, Flag* __restrict seen) {
  for (std::size_t i = 0; i < n; ++i) {
    const bool takes = ((cells[i] > values[i]) | (cells[i] != cells[i])) & (valid[i] != 0);
    cells[i] = takes ? values[i] : cells[i];
  }
  for (std::size_t i = 0; i < n; ++i) seen[i] |= valid[i];
}

VIGIA_SHARED void MaxBody(const double* __restrict values, const Flag* __restrict valid, std::size_t n,
                          double* __restrict cells, Flag* __restrict seen) {
  for (std::size_t i = 0; i < n; ++i) {
    const bool takes = ((cells[i] < values[i]) | (cells[i] != cells[i])) & (valid[i] != 0);
    cells[i] = takes ? values[i] : cells[i];
  }
  for (std::size_t i = 0; i < n; ++i) seen[i] |= valid[i];
}

VIGIA_SHARED void CountBody(const Flag* __restrict valid, std::size_t n, double* __restrict counts) {
  for (std::size_t i = 0; i < n; ++i) counts[i] += static_cast<double>(valid[i]);
}

// The five functions of one form.
#define VIGIA_FOLD_FORM(Name, TARGET)                                                                            \
  TARGET void Sum##Name(const double* v, const Flag* ok, std::size_t n, double* s, double* c, Flag* seen) {      \
    SumBody(v, ok, n, s, c, seen);                                                                               \
  }                                                                                                              \
  TARGET bool Mean##Name(const double* v, const Flag* ok, std::size_t n, double* s, double* c, double* counts) { \
    return MeanBody(v, ok, n, s, c, counts);                                                                     \
  }                                                                                                              \
  TARGET void Min##Name(const double* v, const Flag* ok, std::size_t n, double* cells, Flag* seen) {             \
    MinBody(v, ok, n, cells, seen);                                                                              \
  }                                                                                                              \
  TARGET void Max##Name(const double* v, const Flag* ok, std::size_t n, double* cells, Flag* seen) {             \
    MaxBody(v, ok, n, cells, seen);                                                                              \
  }                                                                                                              \
  TARGET void Count##Name(const Flag* ok, std::size_t n, double* counts) { CountBody(ok, n, counts); }           \
  constexpr FoldKernels k##Name{#Name, Sum##Name, Mean##Name, Min##Name, Max##Name, Count##Name};

VIGIA_FOLD_FORM(Plain, )
#if defined(__x86_64__)
VIGIA_FOLD_FORM(Avx2, __attribute__((target("avx2"))))
VIGIA_FOLD_FORM(Avx512, __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,prefer-vector-width=512"))))
#endif

const RunnableKernels<FoldKernels>& Runnable() {
  static const RunnableKernels<FoldKernels> found {
    {Instructions::kAny, &kPlain},
#if defined(__x86_64__)
        {Instructions::kAvx2, &kAvx2}, {Instructions::kAvx512, &kAvx512},
#endif
  };
  return found;
}

}  // namespace

const FoldKernels& BestFoldKernels() { return Runnable().widest(); }

const FoldKernels* const* AllFoldKernels() { return Runnable().all(); }

}  // namespace vigia::promql
