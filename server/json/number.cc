#include "server/json/number.h"

#include <bit>
#include <charconv>
#include <cmath>
#include <cstring>
#include <string_view>

#include <fmt/format.h>

namespace vigia::server {
namespace {

// Numbers are written into small arrays and appended once: a result has millions of them.

char* WriteText(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

char* WriteZeros(char* at, int count) {
  std::memset(at, '0', static_cast<std::size_t>(count));
  return at + count;
}

// The eight decimal digits of a number below 10^8, each 0 to 9 in a byte, the first one lowest. Halves are divided side
// by side: 10486 / 2^20 and 103 / 2^10 are near enough to 1/100 and 1/10 for four and two digits.
std::uint64_t EightDigits(std::uint32_t number) {
  const std::uint64_t fours = number / 10000 | std::uint64_t{number % 10000} << 32;
  const std::uint64_t hundreds = fours * 10486 >> 20 & 0x7f0000007f;
  const std::uint64_t twos = hundreds | (fours - 100 * hundreds) << 16;
  const std::uint64_t tens = twos * 103 >> 10 & 0x000f000f000f000f;
  return tens | (twos - 10 * tens) << 8;
}

// Eight bytes, the lowest one first.
void StoreText(char* at, std::uint64_t bytes) {
  if constexpr (std::endian::native == std::endian::big) bytes = __builtin_bswap64(bytes);
  std::memcpy(at, &bytes, sizeof(bytes));
}

constexpr std::uint64_t kZeros = 0x3030303030303030;
constexpr std::uint64_t kEightDigitsEnd = 100'000'000;

// These write up to eight bytes more than they say.
char* WriteSmall(char* at, std::uint32_t number) {
  if (number < 10) {
    *at = static_cast<char>('0' + number);
    return at + 1;
  }
  const std::uint64_t digits = EightDigits(number);
  const int leading = std::countr_zero(digits) / 8;
  StoreText(at, (digits | kZeros) >> 8 * leading);
  return at + 8 - leading;
}

char* WriteEight(char* at, std::uint32_t number) {
  StoreText(at, EightDigits(number) | kZeros);
  return at + 8;
}

char* WriteInteger(char* at, std::uint64_t number) {
  if (number < kEightDigitsEnd) return WriteSmall(at, static_cast<std::uint32_t>(number));
  at = WriteInteger(at, number / kEightDigitsEnd);
  return WriteEight(at, static_cast<std::uint32_t>(number % kEightDigitsEnd));
}

// Writes magnitude / 10^6 in as few decimals as it needs.
char* WriteMillionths(char* at, std::uint64_t magnitude) {
  at = WriteInteger(at, magnitude / 1'000'000);
  const std::uint64_t fraction = magnitude % 1'000'000;
  if (fraction == 0) return at;
  const std::uint64_t digits = EightDigits(static_cast<std::uint32_t>(fraction * 100));
  *at = '.';
  StoreText(at + 1, digits | kZeros);
  return at + 9 - std::countl_zero(digits) / 8;
}

// Of a positive number from 10^-6 on and below 10^21: no exponent, but zeros instead.
char* WritePlain(char* at, double value) {
  const auto decimal = fmt::detail::dragonbox::to_decimal(value);  // At most 17 digits, the last one not 0.
  char text[40];                                                   // Copied from in pieces of 17.
  const std::uint64_t high = decimal.significand / kEightDigitsEnd;
  text[0] = static_cast<char>('0' + high / kEightDigitsEnd);
  WriteEight(text + 1, static_cast<std::uint32_t>(high % kEightDigitsEnd));
  WriteEight(text + 9, static_cast<std::uint32_t>(decimal.significand % kEightDigitsEnd));
  const char* digits = text;
  while (*digits == '0') ++digits;
  const auto count = static_cast<int>(text + 17 - digits);
  const int point = count + decimal.exponent;  // So many digits stand before it.
  if (point <= 0) {
    at = WriteZeros(WriteText(at, "0."), -point);
    std::memcpy(at, digits, 17);
    return at + count;
  }
  std::memcpy(at, digits, 17);
  if (point >= count) return WriteZeros(at + count, point - count);
  at[point] = '.';
  std::memcpy(at + point + 1, digits + point, 17);
  return at + count + 1;
}

// Of a positive number that is finite.
char* WritePositive(char* at, double value) {
  if (value >= 1e-6 && value < 1e21) return WritePlain(at, value);
  return std::to_chars(at, at + kMaxNumberChars, value, std::chars_format::scientific).ptr;
}

}  // namespace

char* WriteSampleValue(char* at, double value) {
  const double magnitude = std::fabs(value);
  if (std::isnan(value)) return WriteText(at, "NaN");
  if (std::isinf(value)) return WriteText(at, value > 0 ? "+Inf" : "-Inf");
  if (std::signbit(value)) *at++ = '-';
  // Most samples are whole numbers or have few decimals.
  if (magnitude < 9007199254740992.0) {
    const auto whole = static_cast<std::uint64_t>(magnitude);
    if (static_cast<double>(whole) == magnitude) return WriteInteger(at, whole);
  }
  // A decimal of at most 15 digits that reads back to the same double is the only one so short, hence the shortest
  // once its zeros are cut.
  if (magnitude < 1e9) {
    const auto millionths = static_cast<std::int64_t>(std::nearbyint(magnitude * 1e6));
    if (static_cast<double>(millionths) / 1e6 == magnitude) {
      return WriteMillionths(at, static_cast<std::uint64_t>(millionths));
    }
  }
  return WritePositive(at, magnitude);
}

char* WriteTimestampSeconds(char* at, std::int64_t timestamp_ms) {
  auto magnitude = static_cast<std::uint64_t>(timestamp_ms);
  if (timestamp_ms < 0) {
    *at++ = '-';
    magnitude = 0 - magnitude;
  }
  at = WriteInteger(at, magnitude / 1000);
  const std::uint64_t fraction = magnitude % 1000;
  if (fraction == 0) return at;
  const char text[4] = {'.', static_cast<char>('0' + fraction / 100), static_cast<char>('0' + fraction / 10 % 10),
                        static_cast<char>('0' + fraction % 10)};
  return WriteText(at, {text, sizeof(text)});
}

void AppendSampleValue(std::string& out, double value) {
  char text[kMaxNumberChars];
  out.append(text, static_cast<std::size_t>(WriteSampleValue(text, value) - text));
}

void AppendTimestampSeconds(std::string& out, std::int64_t timestamp_ms) {
  char text[kMaxNumberChars];
  out.append(text, static_cast<std::size_t>(WriteTimestampSeconds(text, timestamp_ms) - text));
}

void AppendPoint(std::string& out, std::int64_t timestamp_ms, double value) {
  char text[2 * kMaxNumberChars + 8];
  char* at = text;
  *at++ = '[';
  at = WriteText(WriteTimestampSeconds(at, timestamp_ms), ",\"");
  at = WriteText(WriteSampleValue(at, value), "\"]");
  out.append(text, static_cast<std::size_t>(at - text));
}

}  // namespace vigia::server
