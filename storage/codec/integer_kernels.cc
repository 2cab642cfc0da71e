#include "storage/codec/integer_kernels.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "storage/cpu/runnable_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#define VIGIA_X86_KERNELS 1
#define VIGIA_AVX2 __attribute__((target("avx2,bmi,bmi2,popcnt")))
#define VIGIA_AVX512 __attribute__((target("avx512f,avx512dq,bmi,bmi2,popcnt")))
#endif

namespace vigia::storage {
namespace {

using U64 = std::uint64_t;

// Bodies that every form shares: inlined into functions with another target, they are vectorised for it.
#define VIGIA_SHARED static inline __attribute__((always_inline))

VIGIA_SHARED U64 Load(const char* at) {
  U64 v = 0;
  std::memcpy(&v, at, 8);
  if constexpr (std::endian::native == std::endian::big) v = __builtin_bswap64(v);
  return v;
}

constexpr unsigned kGroup = 8;     // So many fields of w bits are w bytes: groups repeat their offsets and shifts.
constexpr unsigned kMaxWide = 57;  // A field of so many bits lies within eight bytes, wherever it begins.

// Fields first..n, without reading behind the last byte.
VIGIA_SHARED void UnpackTail(const char* bytes, unsigned width, std::int64_t* out, std::size_t first, std::size_t n) {
  const std::size_t size = (n * width + 7) / 8;
  const U64 mask = width == 64 ? ~U64{0} : (U64{1} << width) - 1;
  for (std::size_t i = first; i < n; ++i) {
    const std::size_t bit = i * width;
    const std::size_t byte = bit / 8;
    const unsigned skip = bit % 8;
    U64 low = 0;
    if (byte + 8 <= size) {
      low = Load(bytes + byte);
    } else {
      for (std::size_t k = byte; k < size; ++k) low |= U64{static_cast<unsigned char>(bytes[k])} << (8 * (k - byte));
    }
    low >>= skip;
    if (skip + width > 64) low |= U64{static_cast<unsigned char>(bytes[byte + 8])} << (64 - skip);
    out[i] = static_cast<std::int64_t>(low & mask);
  }
}

// How many fields, in whole groups, may be loaded by eight bytes each.
VIGIA_SHARED std::size_t WideFields(unsigned width, std::size_t n) {
  if (width > kMaxWide) return 0;
  const std::size_t size = (n * width + 7) / 8;
  if (size < std::size_t{width} + 8) return 0;
  const std::size_t groups = (size - 8) / width;  // The last field of a group begins within its `width` bytes.
  return std::min(groups, n / kGroup) * kGroup;
}

VIGIA_SHARED void ScaleBody(std::int64_t* v, std::size_t n, U64 base, U64 factor) {
  if (factor == 1) {
    for (std::size_t i = 0; i < n; ++i) v[i] = static_cast<std::int64_t>(base + static_cast<U64>(v[i]));
  } else {
    for (std::size_t i = 0; i < n; ++i) v[i] = static_cast<std::int64_t>(base + static_cast<U64>(v[i]) * factor);
  }
}

VIGIA_SHARED void UnZigZagBody(std::int64_t* v, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i) {
    const U64 field = static_cast<U64>(v[i]);
    v[i] = static_cast<std::int64_t>(field >> 1 ^ (U64{0} - (field & 1)));
  }
}

VIGIA_SHARED void ToDoublesBody(const std::int64_t* q, double* out, std::size_t n, double divisor) {
  if (divisor == 1) {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<double>(q[i]);
  } else {
    for (std::size_t i = 0; i < n; ++i) out[i] = static_cast<double>(q[i]) / divisor;
  }
}

VIGIA_SHARED void AddBody(std::int64_t* __restrict v, const std::int64_t* __restrict other, std::size_t n) {
  for (std::size_t i = 0; i < n; ++i)
    v[i] = static_cast<std::int64_t>(static_cast<U64>(v[i]) + static_cast<U64>(other[i]));
}

VIGIA_SHARED void SumBody(std::int64_t* v, std::size_t first, std::size_t n, U64 sum) {
  for (std::size_t i = first; i < n; ++i) v[i] = static_cast<std::int64_t>(sum += static_cast<U64>(v[i]));
}

VIGIA_SHARED std::size_t FindOnesBody(const char* bytes, std::size_t size, std::uint32_t* at, std::size_t n) {
  std::size_t found = 0;
  for (std::size_t byte = 0; byte < size && found < n; byte += 8) {
    U64 word = 0;
    if (byte + 8 <= size) {
      word = Load(bytes + byte);
    } else {
      for (std::size_t k = byte; k < size; ++k) word |= U64{static_cast<unsigned char>(bytes[k])} << (8 * (k - byte));
    }
    const auto first = static_cast<std::uint32_t>(byte * 8);
    for (; word != 0 && found < n; word &= word - 1) {
      at[found++] = first + static_cast<std::uint32_t>(std::countr_zero(word));
    }
  }
  return found;
}

VIGIA_SHARED void PutAboveBody(const std::uint32_t* ones, unsigned width, std::int64_t* v, std::size_t n) {
  if (n == 0) return;
  v[0] |= static_cast<std::int64_t>(U64{ones[0]} << width);
  for (std::size_t i = 1; i < n; ++i) v[i] |= static_cast<std::int64_t>(U64{ones[i] - ones[i - 1] - 1} << width);
}

void UnpackPlain(const char* bytes, unsigned width, std::int64_t* out, std::size_t n) {
  const std::size_t wide = WideFields(width, n);
  const U64 mask = (U64{1} << (width & 63)) - 1;
  const char* group = bytes;
  for (std::size_t i = 0; i < wide; i += kGroup, group += width) {
    for (unsigned k = 0; k < kGroup; ++k) {
      out[i + k] = static_cast<std::int64_t>(Load(group + k * width / 8) >> (k * width % 8) & mask);
    }
  }
  UnpackTail(bytes, width, out, wide, n);
}
void ScalePlain(std::int64_t* v, std::size_t n, U64 base, U64 factor) { ScaleBody(v, n, base, factor); }
void AddPlain(std::int64_t* v, const std::int64_t* other, std::size_t n) { AddBody(v, other, n); }
void UnZigZagPlain(std::int64_t* v, std::size_t n) { UnZigZagBody(v, n); }
void SumPlain(std::int64_t* v, std::size_t n) { SumBody(v, 0, n, 0); }
std::size_t FindOnesPlain(const char* bytes, std::size_t size, std::uint32_t* at, std::size_t n) {
  return FindOnesBody(bytes, size, at, n);
}
void PutAbovePlain(const std::uint32_t* ones, unsigned width, std::int64_t* v, std::size_t n) {
  PutAboveBody(ones, width, v, n);
}
void ToDoublesPlain(const std::int64_t* q, double* out, std::size_t n, double d) { ToDoublesBody(q, out, n, d); }

constexpr IntegerKernels kPlain{"plain",  UnpackPlain,   ScalePlain,    UnZigZagPlain, AddPlain,
                                SumPlain, FindOnesPlain, PutAbovePlain, ToDoublesPlain};

#ifdef VIGIA_X86_KERNELS

VIGIA_AVX2 void UnpackAvx2(const char* bytes, unsigned width, std::int64_t* out, std::size_t n) {
  const std::size_t wide = WideFields(width, n);
  const __m256i mask = _mm256_set1_epi64x(static_cast<long long>((U64{1} << (width & 63)) - 1));
  const long long w = width;
  const __m256i bits0 = _mm256_set_epi64x(3 * w, 2 * w, w, 0);
  const __m256i bits1 = _mm256_set_epi64x(7 * w, 6 * w, 5 * w, 4 * w);
  const __m256i seven = _mm256_set1_epi64x(7);
  const __m256i at0 = _mm256_srli_epi64(bits0, 3);
  const __m256i at1 = _mm256_srli_epi64(bits1, 3);
  const __m256i shift0 = width <= 8 ? bits0 : _mm256_and_si256(bits0, seven);
  const __m256i shift1 = width <= 8 ? bits1 : _mm256_and_si256(bits1, seven);
  const char* group = bytes;
  for (std::size_t i = 0; i < wide; i += kGroup, group += width) {
    __m256i low;
    __m256i high;
    if (width <= 8) {  // All eight fields lie within one word.
      low = high = _mm256_set1_epi64x(static_cast<long long>(Load(group)));
    } else {
      const auto* base = reinterpret_cast<const long long*>(group);
      low = _mm256_i64gather_epi64(base, at0, 1);
      high = _mm256_i64gather_epi64(base, at1, 1);
    }
    low = _mm256_and_si256(_mm256_srlv_epi64(low, shift0), mask);
    high = _mm256_and_si256(_mm256_srlv_epi64(high, shift1), mask);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i), low);
    _mm256_storeu_si256(reinterpret_cast<__m256i*>(out + i + 4), high);
  }
  UnpackTail(bytes, width, out, wide, n);
}
VIGIA_AVX2 void ScaleAvx2(std::int64_t* v, std::size_t n, U64 base, U64 factor) { ScaleBody(v, n, base, factor); }
VIGIA_AVX2 void AddAvx2(std::int64_t* v, const std::int64_t* other, std::size_t n) { AddBody(v, other, n); }
VIGIA_AVX2 void UnZigZagAvx2(std::int64_t* v, std::size_t n) { UnZigZagBody(v, n); }
VIGIA_AVX2 void SumAvx2(std::int64_t* v, std::size_t n) { SumBody(v, 0, n, 0); }
VIGIA_AVX2 std::size_t FindOnesAvx2(const char* bytes, std::size_t size, std::uint32_t* at, std::size_t n) {
  return FindOnesBody(bytes, size, at, n);
}
VIGIA_AVX2 void PutAboveAvx2(const std::uint32_t* ones, unsigned width, std::int64_t* v, std::size_t n) {
  PutAboveBody(ones, width, v, n);
}
VIGIA_AVX2 void ToDoublesAvx2(const std::int64_t* q, double* out, std::size_t n, double d) {
  ToDoublesBody(q, out, n, d);
}

VIGIA_AVX512 void UnpackAvx512(const char* bytes, unsigned width, std::int64_t* out, std::size_t n) {
  const std::size_t wide = WideFields(width, n);
  const __m512i mask = _mm512_set1_epi64(static_cast<long long>((U64{1} << (width & 63)) - 1));
  const long long w = width;
  const __m512i bits = _mm512_set_epi64(7 * w, 6 * w, 5 * w, 4 * w, 3 * w, 2 * w, w, 0);
  const char* group = bytes;
  if (width <= 8) {
    for (std::size_t i = 0; i < wide; i += kGroup, group += width) {
      const __m512i word = _mm512_set1_epi64(static_cast<long long>(Load(group)));
      _mm512_storeu_si512(out + i, _mm512_and_si512(_mm512_srlv_epi64(word, bits), mask));
    }
  } else {
    const __m512i at = _mm512_maskz_srli_epi64(0xff, bits, 3);
    const __m512i shift = _mm512_and_si512(bits, _mm512_set1_epi64(7));
    const __m512i zero = _mm512_setzero_si512();
    for (std::size_t i = 0; i < wide; i += kGroup, group += width) {
      const __m512i words = _mm512_mask_i64gather_epi64(zero, 0xff, at, group, 1);
      _mm512_storeu_si512(out + i, _mm512_and_si512(_mm512_srlv_epi64(words, shift), mask));
    }
  }
  UnpackTail(bytes, width, out, wide, n);
}
VIGIA_AVX512 void ScaleAvx512(std::int64_t* v, std::size_t n, U64 base, U64 factor) { ScaleBody(v, n, base, factor); }
VIGIA_AVX512 void AddAvx512(std::int64_t* v, const std::int64_t* other, std::size_t n) { AddBody(v, other, n); }
VIGIA_AVX512 void UnZigZagAvx512(std::int64_t* v, std::size_t n) { UnZigZagBody(v, n); }
// Eight at a time: each lane gets the one before it, then the two before these, then the four, and last what came
// before all of them.
VIGIA_AVX512 void SumAvx512(std::int64_t* v, std::size_t n) {
  const __m512i zero = _mm512_setzero_si512();
  const __m512i last = _mm512_set1_epi64(7);
  __m512i before = zero;
  std::size_t i = 0;
  for (; i + 8 <= n; i += 8) {
    __m512i x = _mm512_loadu_si512(v + i);
    x = _mm512_add_epi64(x, _mm512_maskz_alignr_epi64(0xff, x, zero, 7));
    x = _mm512_add_epi64(x, _mm512_maskz_alignr_epi64(0xff, x, zero, 6));
    x = _mm512_add_epi64(x, _mm512_maskz_alignr_epi64(0xff, x, zero, 4));
    x = _mm512_add_epi64(x, before);
    before = _mm512_maskz_permutexvar_epi64(0xff, last, x);
    _mm512_storeu_si512(v + i, x);
  }
  SumBody(v, i, n, i > 0 ? static_cast<U64>(v[i - 1]) : 0);
}

// Sixteen bits at a time: their positions are what is left of 0..15 when the others are squeezed out.
VIGIA_AVX512 std::size_t FindOnesAvx512(const char* bytes, std::size_t size, std::uint32_t* at, std::size_t n) {
  const __m512i iota = _mm512_set_epi32(15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0);
  std::size_t found = 0;
  std::size_t byte = 0;
  for (; byte + 2 <= size && found + 16 <= n; byte += 2) {  // Each store is of sixteen, however few count.
    std::uint16_t bits = 0;
    std::memcpy(&bits, bytes + byte, 2);
    const __m512i positions = _mm512_add_epi32(iota, _mm512_set1_epi32(static_cast<int>(byte * 8)));
    _mm512_storeu_si512(at + found, _mm512_maskz_compress_epi32(bits, positions));
    found += static_cast<unsigned>(std::popcount(bits));
  }
  const std::size_t rest = FindOnesBody(bytes + byte, size - byte, at + found, n - found);
  for (std::size_t i = found; i < found + rest; ++i) at[i] += static_cast<std::uint32_t>(byte * 8);
  return found + rest;
}
VIGIA_AVX512 void PutAboveAvx512(const std::uint32_t* ones, unsigned width, std::int64_t* v, std::size_t n) {
  PutAboveBody(ones, width, v, n);
}
VIGIA_AVX512 void ToDoublesAvx512(const std::int64_t* q, double* out, std::size_t n, double d) {
  ToDoublesBody(q, out, n, d);
}

constexpr IntegerKernels kAvx2{"avx2",  UnpackAvx2,   ScaleAvx2,    UnZigZagAvx2, AddAvx2,
                               SumAvx2, FindOnesAvx2, PutAboveAvx2, ToDoublesAvx2};
constexpr IntegerKernels kAvx512{"avx512",  UnpackAvx512,   ScaleAvx512,    UnZigZagAvx512, AddAvx512,
                                 SumAvx512, FindOnesAvx512, PutAboveAvx512, ToDoublesAvx512};

#endif  // VIGIA_X86_KERNELS

const RunnableKernels<IntegerKernels>& Runnable() {
  static const RunnableKernels<IntegerKernels> found{
      {Instructions::kAny, &kPlain},
#ifdef VIGIA_X86_KERNELS
      {Instructions::kAvx2, &kAvx2},
      {Instructions::kAvx512, &kAvx512},
#endif
  };
  return found;
}

}  // namespace

const IntegerKernels& BestIntegerKernels() { return Runnable().widest(); }

const IntegerKernels* const* AllIntegerKernels() { return Runnable().all(); }

}  // namespace vigia::storage
