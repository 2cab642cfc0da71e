#include "storage/codec/values.h"

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstdint>
#include <vector>

#include "storage/bytes/varint.h"
#include "storage/codec/integer_kernels.h"
#include "storage/codec/integers.h"
#include "storage/codec/rice.h"
#include "storage/codec/xor.h"

namespace vigia::storage {
namespace {

// First byte of a chunk: method in the low nibble, decimal exponent in the high one.
enum Method : std::uint8_t {
  kRaw = 0,
  kConstant = 1,
  kInteger = 2,
  kIntegerExcept = 3,
  kXor = 4,
  kRice = 5,
  kRiceExcept = 6,
  kRelative = 7,      // These two: differences from another column. The high nibble is its distance,
  kRelativeRice = 8,  // the exponent is that of the other one.
};
constexpr unsigned kMethodBits = 4;
constexpr unsigned kMaxExponent = 14;
constexpr double kMaxInteger = 9007199254740992.0;  // 2^53
// Rice codes are for what lies on the disk for long: shorter sequences are in the head or are rewritten soon. A
// smaller gain than this part is not worth the slower reading, and block compression finds most of it.
constexpr std::size_t kMinRiceValues = 128;
constexpr std::size_t kRiceGain = 32;
// Reading a column by differences reads another one first, unless that was just read anyway.
constexpr std::size_t kRelativeGain = 16;

constexpr std::array<double, kMaxExponent + 1> kPow10{1e0, 1e1, 1e2,  1e3,  1e4,  1e5,  1e6, 1e7,
                                                      1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14};

std::uint64_t Bits(double v) { return std::bit_cast<std::uint64_t>(v); }

// q with q / 10^e == v to the bit, if there is one.
bool ToDecimal(double v, unsigned e, std::int64_t* q) {
  if (e == 0) {  // The most frequent case, and one that needs no division.
    if (!(v > -kMaxInteger && v < kMaxInteger)) return false;
    *q = static_cast<std::int64_t>(v);
    return Bits(static_cast<double>(*q)) == Bits(v);
  }
  const double scaled = v * kPow10[e];
  if (!(scaled > -kMaxInteger && scaled < kMaxInteger)) return false;
  const double rounded = std::nearbyint(scaled);
  *q = static_cast<std::int64_t>(rounded);
  return Bits(static_cast<double>(*q) / kPow10[e]) == Bits(v);
}

// The smallest exponent that suits `v`, from `from` on; kMaxExponent + 1 when none does.
unsigned ExponentOf(double v, unsigned from) {
  std::int64_t q = 0;
  if (ToDecimal(v, from, &q)) return from;
  // What suits some exponent suits all greater ones, as long as v * 10^e is exact to a quarter: one look at the
  // greatest of these tells that most doubles suit none.
  constexpr double kExact = kMaxInteger / 8;
  unsigned greatest = kMaxExponent;
  while (greatest > from && !(std::fabs(v) * kPow10[greatest] < kExact)) --greatest;
  const bool some = greatest > from && ToDecimal(v, greatest, &q);
  for (unsigned e = some ? from + 1 : greatest + 1; e <= kMaxExponent; ++e) {
    if (ToDecimal(v, e, &q)) return e;
  }
  return kMaxExponent + 1;
}

// One exponent for the chunk: the largest that a few probed values need. Values without one do not vote.
unsigned ChooseExponent(std::span<const double> values) {
  constexpr std::size_t kProbes = 16;
  const std::size_t stride = std::max<std::size_t>(1, values.size() / kProbes);
  unsigned exponent = 0;
  for (std::size_t i = 0; i < values.size(); i += stride) {
    const unsigned e = ExponentOf(values[i], exponent);
    if (e <= kMaxExponent) exponent = e;
  }
  return exponent;
}

// Integers of the chunk for `exponent`. Exceptions repeat their predecessor, which costs the stream next to nothing.
void Scale(std::span<const double> values, unsigned exponent, std::vector<std::int64_t>& q,
           std::vector<std::uint32_t>& exceptions) {
  q.resize(values.size());
  exceptions.clear();
  std::size_t first_good = values.size();
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (ToDecimal(values[i], exponent, &q[i])) {
      if (first_good == values.size()) first_good = i;
    } else {
      exceptions.push_back(static_cast<std::uint32_t>(i));
      q[i] = i > 0 ? q[i - 1] : 0;
    }
  }
  for (std::size_t i = 0; i < first_good && first_good < values.size(); ++i) q[i] = q[first_good];
}

// The same for values that all suit the exponent of the first one, as they mostly do: one look at each is enough. False
// when one does not.
bool ScaleAlike(std::span<const double> values, unsigned* exponent, std::vector<std::int64_t>& q) {
  *exponent = ExponentOf(values[0], 0);
  if (*exponent > kMaxExponent) return false;
  q.resize(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (!ToDecimal(values[i], *exponent, &q[i])) return false;
  }
  return true;
}

void WriteExceptions(std::span<const double> values, const std::vector<std::uint32_t>& exceptions, std::string& out) {
  PutVarint(out, exceptions.size());
  std::uint32_t last = 0;
  for (const std::uint32_t at : exceptions) {
    PutVarint(out, at - last);
    PutFixed64(out, Bits(values[at]));
    last = at;
  }
}

bool ReadExceptions(ByteReader& in, std::span<double> values, std::vector<std::pair<std::size_t, double>>& out) {
  const std::uint64_t count = in.Varint();
  if (!in.ok() || count > values.size()) return false;
  std::uint64_t at = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    at += in.Varint();
    const std::uint64_t bits = in.Fixed64();
    if (!in.ok() || at >= values.size()) return false;
    out.emplace_back(at, std::bit_cast<double>(bits));
  }
  return true;
}

bool AllEqual(std::span<const double> values) {
  for (const double v : values) {
    if (Bits(v) != Bits(values[0])) return false;
  }
  return true;
}

bool DecodeIntegers(ByteReader& in, unsigned exponent, Method method, std::span<double> values) {
  const bool with_exceptions = method == kIntegerExcept || method == kRiceExcept;
  std::vector<std::pair<std::size_t, double>> exceptions;
  if (exponent > kMaxExponent || (with_exceptions && !ReadExceptions(in, values, exceptions))) return false;
  thread_local std::vector<std::int64_t> q;
  q.resize(values.size());
  if (!(method == kRice || method == kRiceExcept ? UnpackRice(in, q) : UnpackIntegers(in, q))) return false;
  BestIntegerKernels().to_doubles(q.data(), values.data(), q.size(), kPow10[exponent]);
  for (const auto& [at, v] : exceptions) values[at] = v;
  return true;
}

// Puts a Rice stream in place of the one that begins at `stream`, if that is clearly shorter.
bool ReplaceByRice(std::span<const std::int64_t> q, std::size_t stream, std::string& out) {
  const std::size_t bytes = out.size() - stream;
  thread_local std::string rice;
  rice.clear();
  if (!PackRice(q, bytes - bytes / kRiceGain, rice)) return false;
  out.replace(stream, bytes, rice);
  return true;
}

// Most columns of most tiles: looked for first, because nothing else is as cheap. A stream of one integer reads as any
// number of equal ones.
void EncodeConstant(double v, std::string& out) {
  const unsigned exponent = ExponentOf(v, 0);
  if (exponent > kMaxExponent) {
    out.push_back(static_cast<char>(kConstant));
    return PutFixed64(out, Bits(v));
  }
  std::int64_t q = 0;
  static_cast<void>(ToDecimal(v, exponent, &q));
  out.push_back(static_cast<char>(kInteger | exponent << kMethodBits));
  PackIntegers({&q, 1}, out);
}

}  // namespace

std::string_view EncodingName(std::string_view bytes) {
  static constexpr std::array<std::string_view, 4> kIntegerNames{"integers", "deltas", "patched deltas",
                                                                 "patched deltas of deltas"};  // By scheme.
  ByteReader in(bytes);
  const unsigned method = in.Byte() & ((1u << kMethodBits) - 1);
  if (!in.ok()) return "unknown";
  switch (static_cast<Method>(method)) {
    case kRaw: return "raw";
    case kConstant: return "constant";
    case kInteger: return kIntegerNames[in.Byte() & 3u];
    case kIntegerExcept: return "integers with exceptions";
    case kXor: return "xor";
    case kRice: return "rice";
    case kRiceExcept: return "rice with exceptions";
    case kRelative: return "differences from a column";
    case kRelativeRice: return "rice of differences from a column";
  }
  return "unknown";  // Not a value of the enumeration: the bytes come from a disk.
}

void EncodeValuesRaw(std::span<const double> values, std::string& out) {
  out.push_back(static_cast<char>(kRaw));
  for (const double v : values) PutFixed64(out, Bits(v));
}

void EncodeValues(std::span<const double> values, std::string& out) {
  assert(!values.empty());
  if (AllEqual(values)) return EncodeConstant(values[0], out);
  thread_local std::vector<std::int64_t> q;
  thread_local std::vector<std::uint32_t> exceptions;
  const std::size_t start = out.size();
  unsigned exponent = 0;
  exceptions.clear();
  if (!ScaleAlike(values, &exponent, q)) {
    exponent = ChooseExponent(values);
    Scale(values, exponent, q, exceptions);
  }
  if (exceptions.empty() || exceptions.size() * 4 <= values.size()) {
    const bool exact = exceptions.empty();
    out.push_back(static_cast<char>((exact ? kInteger : kIntegerExcept) | exponent << kMethodBits));
    if (!exact) WriteExceptions(values, exceptions, out);
    const std::size_t stream = out.size();
    PackIntegers(q, out);
    if (values.size() >= kMinRiceValues && ReplaceByRice(q, stream, out)) {
      out[start] = static_cast<char>((exact ? kRice : kRiceExcept) | exponent << kMethodBits);
    }
    if (out.size() - start <= 1 + values.size() * 4) return;  // XOR is rarely below; do not look.
  }
  thread_local std::string other;
  other.assign(1, static_cast<char>(kXor));
  EncodeXor(values, other);
  if (out.size() == start || other.size() < out.size() - start) {
    out.resize(start);
    out += other;
  }
  if (out.size() - start > 1 + values.size() * 8) {
    out.resize(start);
    EncodeValuesRaw(values, out);
  }
}

Decimals DecimalsOf(std::span<const double> values) {
  Decimals decimals;
  if (values.size() < kMinRiceValues || AllEqual(values)) return decimals;
  std::vector<std::uint32_t> exceptions;
  decimals.exponent = ChooseExponent(values);
  Scale(values, decimals.exponent, decimals.q, exceptions);
  if (!exceptions.empty()) decimals.q.clear();
  return decimals;
}

namespace {

// About how many bits the differences of neighbours take, one by one.
std::uint64_t BitsOfSteps(std::span<const std::int64_t> values) {
  std::uint64_t bits = 0;
  for (std::size_t i = 1; i < values.size(); ++i) {
    bits += static_cast<std::uint64_t>(std::bit_width(ZigZag(values[i] - values[i - 1])));
  }
  return bits;
}

}  // namespace

bool EncodeRelative(const Decimals& values, const Decimals& base, unsigned distance, std::size_t start,
                    std::string& out) {
  assert(1 <= distance && distance <= kMaxBaseDistance);
  if (values.q.size() != base.q.size() || values.exponent != base.exponent) return false;
  thread_local std::vector<std::int64_t> differences;
  differences.resize(values.q.size());
  for (std::size_t i = 0; i < differences.size(); ++i) differences[i] = values.q[i] - base.q[i];
  // Columns that have nothing to do with each other are the rule: do not try to encode them.
  if (BitsOfSteps(differences) * 8 >= BitsOfSteps(values.q) * 7) return false;
  thread_local std::string other;
  other.assign(1, static_cast<char>(kRelative | distance << kMethodBits));
  PackIntegers(differences, other);
  if (ReplaceByRice(differences, 1, other)) other[0] = static_cast<char>(kRelativeRice | distance << kMethodBits);
  const std::size_t bytes = out.size() - start;
  if (other.size() >= bytes - bytes / kRelativeGain) return false;
  out.replace(start, bytes, other);
  return true;
}

bool HoldsDecimals(std::string_view bytes) {
  if (bytes.empty()) return false;
  const unsigned method = static_cast<unsigned char>(bytes[0]) & ((1u << kMethodBits) - 1);
  return method == kInteger || method == kRice || BaseDistance(bytes) != 0;
}

unsigned BaseDistance(std::string_view bytes) {
  if (bytes.empty()) return 0;
  const auto header = static_cast<unsigned char>(bytes[0]);
  const unsigned method = header & ((1u << kMethodBits) - 1);
  return method == kRelative || method == kRelativeRice ? header >> kMethodBits : 0;
}

bool DecodeRelative(std::string_view bytes, const Decimals& base, Decimals& values) {
  if (BaseDistance(bytes) == 0 || base.q.empty()) return false;
  ByteReader in(bytes);
  const unsigned method = in.Byte() & ((1u << kMethodBits) - 1);
  values.exponent = base.exponent;
  values.q.resize(base.q.size());
  if (!(method == kRelativeRice ? UnpackRice(in, values.q) : UnpackIntegers(in, values.q))) return false;
  BestIntegerKernels().add(values.q.data(), base.q.data(), base.q.size());
  return in.ok() && in.left() == 0;
}

bool DecodeDecimals(std::string_view bytes, std::size_t size, Decimals& values) {
  ByteReader in(bytes);
  const std::uint8_t header = in.Byte();
  const unsigned method = header & ((1u << kMethodBits) - 1);
  values.exponent = header >> kMethodBits;
  values.q.resize(size);
  if (size == 0 || values.exponent > kMaxExponent || (method != kInteger && method != kRice)) return false;
  const bool read = method == kRice ? UnpackRice(in, values.q) : UnpackIntegers(in, values.q);
  return read && in.ok() && in.left() == 0;
}

void ToValues(const Decimals& decimals, std::span<double> values) {
  assert(values.size() == decimals.q.size() && decimals.exponent <= kMaxExponent);
  BestIntegerKernels().to_doubles(decimals.q.data(), values.data(), values.size(), kPow10[decimals.exponent]);
}

bool DecodeValues(std::string_view bytes, std::span<double> values) {
  ByteReader in(bytes);
  const std::uint8_t header = in.Byte();
  const unsigned exponent = header >> kMethodBits;
  switch (static_cast<Method>(header & ((1u << kMethodBits) - 1))) {
    case kRaw:
      for (double& v : values) v = std::bit_cast<double>(in.Fixed64());
      break;
    case kConstant: std::fill(values.begin(), values.end(), std::bit_cast<double>(in.Fixed64())); break;
    case kInteger:
    case kIntegerExcept:
    case kRice:
    case kRiceExcept:
      if (!DecodeIntegers(in, exponent, static_cast<Method>(header & 0xf), values)) return false;
      break;
    case kXor: return in.ok() && DecodeXor(in.rest(), values);
    // Not without the other column; or not a value of the enumeration: the bytes come from a disk.
    case kRelative:
    case kRelativeRice:
    default: return false;
  }
  return in.ok() && in.left() == 0;
}

}  // namespace vigia::storage
