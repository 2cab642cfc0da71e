#include "server/exposition/number.h"

#include <algorithm>
#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <limits>

#include "storage/model/sample.h"

namespace vigia::server {
namespace {

constexpr std::size_t kExactDigits = 15;                      // Any integer of so many digits is a double.
constexpr std::size_t kMaxPlainBytes = 1 + kExactDigits + 1;  // With a sign and a point.
constexpr int kExactPower = 22;                               // The largest power of ten that is a double.
constexpr std::array<double, kExactPower + 1> kPowers = {1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                                         1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                                         1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

void Append(char digit, std::uint64_t& number) { number = number * 10 + static_cast<std::uint64_t>(digit - '0'); }

// So many bytes are looked at: a sign, two pieces of eight for the digits before a point, the point, two behind it.
constexpr std::size_t kWindow = 1 + 16 + 1 + 16;

constexpr std::array<std::uint64_t, 9> kWholePowers = {1,       10,        100,        1000,       10'000,
                                                       100'000, 1'000'000, 10'000'000, 100'000'000};

// Appends the digits at the front of these eight bytes to `number`; how many there are. All eight are looked at at
// once.
[[gnu::always_inline]] inline std::size_t ReadPiece(const char* at, std::uint64_t& number) {
  constexpr std::uint64_t kEach = 0x0101'0101'0101'0101;
  std::uint64_t bytes = 0;
  std::memcpy(&bytes, at, sizeof bytes);
  if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
  // A digit has the high half 3, also when 6 is added. What a byte that is none carries into later ones does not
  // matter.
  const std::uint64_t others =
      ((bytes & 0xf0 * kEach) ^ 0x30 * kEach) | (((bytes + 6 * kEach) & 0xf0 * kEach) ^ 0x30 * kEach);
  const auto count = static_cast<std::size_t>(std::countr_zero(others)) / 8;
  if (count == 0) return 0;
  // Zeros in front of the digits; then tens of pairs, hundreds of these, ten thousands.
  std::uint64_t digits = (bytes - 0x30 * kEach) << (64 - 8 * count);
  digits = digits * 10 + (digits >> 8);
  constexpr std::uint64_t kPair = 0x0000'00ff'0000'00ff;
  digits = ((digits & kPair) * 0x000f'4240'0000'0064 + ((digits >> 16) & kPair) * 0x0000'2710'0000'0001) >> 32;
  number = number * kWholePowers[count] + digits;
  return count;
}

// At most sixteen, which are more than are exact. REQUIRES: as many bytes.
inline std::size_t ReadDigits(const char* at, std::uint64_t& number) {
  const std::size_t count = ReadPiece(at, number);
  return count < 8 ? count : 8 + ReadPiece(at + 8, number);
}

bool EqualsFold(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if ((c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c) != lower[i]) return false;
  }
  return true;
}

std::optional<double> ParseWord(std::string_view text, bool negative, bool has_sign) {
  if (EqualsFold(text, "inf") || EqualsFold(text, "infinity")) {
    const double infinity = std::numeric_limits<double>::infinity();
    return negative ? -infinity : infinity;
  }
  if (!has_sign && EqualsFold(text, "nan")) return storage::kNormalNan;
  return std::nullopt;
}

// True when `text` is digits with at most one point and an optional exponent. from_chars takes less care.
bool IsDecimal(std::string_view text) {
  std::size_t i = 0;
  std::size_t digits = 0;
  for (; i < text.size() && IsDigit(text[i]); ++i) ++digits;
  if (i < text.size() && text[i] == '.') {
    for (++i; i < text.size() && IsDigit(text[i]); ++i) ++digits;
  }
  if (digits == 0) return false;
  if (i == text.size()) return true;
  if (text[i] != 'e' && text[i] != 'E') return false;
  ++i;
  if (i < text.size() && (text[i] == '+' || text[i] == '-')) ++i;
  if (i == text.size()) return false;
  for (; i < text.size(); ++i) {
    if (!IsDigit(text[i])) return false;
  }
  return true;
}

std::optional<double> ParseLong(std::string_view text) {
  if (!IsDecimal(text)) return std::nullopt;
  double value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code == std::errc()) return value;
  // Out of range: from_chars does not say in which direction.
  value = std::strtod(std::string(text).c_str(), nullptr);
  if (std::isinf(value)) return std::nullopt;
  return value;
}

}  // namespace

// Mantissa and power of ten are both exact, so that one division is correctly rounded (Clinger's fast path).
std::size_t ReadPlainNumber(std::string_view text, double& value) {
  const char* const begin = text.data();
  const bool negative = !text.empty() && *begin == '-';
  const char* at = begin + negative;
  std::uint64_t mantissa = 0;
  std::size_t whole = 0;
  std::size_t fraction = 0;
  if (text.size() >= kWindow) {
    whole = ReadDigits(at, mantissa);
    at += whole;
    if (*at == '.') {
      fraction = ReadDigits(++at, mantissa);
      at += fraction;
    }
  } else {
    const char* const end = begin + text.size();
    for (; at != end && IsDigit(*at); ++at, ++whole) Append(*at, mantissa);
    if (at != end && *at == '.') {
      for (++at; at != end && IsDigit(*at); ++at, ++fraction) Append(*at, mantissa);
    }
  }
  if (whole + fraction == 0 || whole + fraction > kExactDigits) return 0;
  value = static_cast<double>(static_cast<std::int64_t>(mantissa));
  if (fraction > 0) value /= kPowers[fraction];
  if (negative) value = -value;
  return static_cast<std::size_t>(at - begin);
}

std::optional<double> ParseGoFloat(std::string_view text) {
  if (text.empty()) return std::nullopt;
  double plain = 0;
  if (text.size() <= kMaxPlainBytes && ReadPlainNumber(text, plain) == text.size()) return plain;
  const bool negative = text[0] == '-';
  const bool has_sign = negative || text[0] == '+';
  if (has_sign) text.remove_prefix(1);
  if (text.empty()) return std::nullopt;
  if (!IsDigit(text[0]) && text[0] != '.') return ParseWord(text, negative, has_sign);
  std::optional<double> value = ParseLong(text);
  if (value && negative) value = -*value;
  return value;
}

std::string FormatGoFloat(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 40> buffer;
  auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::scientific).ptr;
  const std::string_view scientific(buffer.data(), static_cast<std::size_t>(end - buffer.data()));
  const std::size_t e = scientific.find('e');
  int exponent = 0;
  const std::size_t digits = scientific[e + 1] == '+' ? e + 2 : e + 1;  // from_chars takes '-', but not '+'.
  std::from_chars(scientific.data() + digits, end, exponent);
  if (value != 0 && (exponent < -4 || exponent >= 6)) return std::string(scientific);
  end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value, std::chars_format::fixed).ptr;
  return std::string(buffer.data(), end);
}

std::string FormatOpenMetricsFloat(double value) {
  std::string text = FormatGoFloat(value);
  if (std::isfinite(value) && text.find_first_of("e.") == std::string::npos) text += ".0";
  return text;
}

}  // namespace vigia::server
