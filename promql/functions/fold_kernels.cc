#include "promql/functions/fold_kernels.h"

#include "promql/value/kahan_sum.h"

namespace vigia::promql {
namespace {

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

struct Runnable {
  const FoldKernels* list[4] = {};
  const FoldKernels* best = &kPlain;
};

Runnable FindRunnable() {
  Runnable found;
  std::size_t count = 0;
  const auto add = [&](const FoldKernels& kernels) { found.best = found.list[count++] = &kernels; };
  add(kPlain);
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx2")) add(kAvx2);
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512vl")) {
    add(kAvx512);
  }
#endif
  return found;
}

const Runnable& RunnableKernels() {
  static const Runnable found = FindRunnable();
  return found;
}

}  // namespace

const FoldKernels& BestFoldKernels() { return *RunnableKernels().best; }

const FoldKernels* const* AllFoldKernels() { return RunnableKernels().list; }

}  // namespace vigia::promql
