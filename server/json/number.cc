#include "server/json/number.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/compile.h>

namespace vigia::server {
namespace {

// Numbers are written into a small array and appended once: a result has millions of them.

char* WriteInteger(char* at, std::uint64_t number) { return std::to_chars(at, at + 20, number).ptr; }

// Writes magnitude / 10^6 in as few decimals as it needs.
char* WriteMillionths(char* at, std::uint64_t magnitude) {
  at = WriteInteger(at, magnitude / 1'000'000);
  std::uint64_t fraction = magnitude % 1'000'000;
  if (fraction == 0) return at;
  unsigned digits = 6;
  for (; fraction % 10 == 0; fraction /= 10) --digits;
  *at = '.';
  for (unsigned i = digits; i > 0; --i, fraction /= 10) at[i] = static_cast<char>('0' + fraction % 10);
  return at + digits + 1;
}

char* WriteZeros(char* at, int count) {
  std::memset(at, '0', static_cast<std::size_t>(count));
  return at + count;
}

char* WriteText(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

// Spreads "d.dddde+XX" without exponent: the digits stay the shortest ones, zeros fill up.
char* WritePlain(char* at, std::string_view scientific) {
  const std::size_t e = scientific.rfind('e');
  int exponent = 0;
  for (const char digit : scientific.substr(e + 2)) exponent = exponent * 10 + (digit - '0');
  if (scientific[e + 1] == '-') exponent = -exponent;
  char digits[24];
  int count = 0;
  for (const char c : scientific.substr(0, e)) {
    if (c != '.') digits[count++] = c;
  }
  const std::string_view all(digits, static_cast<std::size_t>(count));
  if (exponent < 0) return WriteText(WriteZeros(WriteText(at, "0."), -exponent - 1), all);
  const auto whole = static_cast<std::size_t>(exponent + 1);
  if (count <= exponent + 1) return WriteZeros(WriteText(at, all), exponent + 1 - count);
  return WriteText(WriteText(WriteText(at, all.substr(0, whole)), "."), all.substr(whole));
}

// Of a positive number that is finite.
char* WritePositive(char* at, double value) {
  // Between these fmt's shortest form has no exponent either, and its algorithm is the fastest at hand.
  if (value >= 1e-3 && value < 1e15) return fmt::format_to(at, FMT_COMPILE("{}"), value);
  char text[40];
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific);
  const std::string_view scientific(text, static_cast<std::size_t>(end.ptr - text));
  if (value < 1e-6 || value >= 1e21) return WriteText(at, scientific);
  return WritePlain(at, scientific);
}

char* WriteValue(char* at, double value) {
  const double magnitude = std::fabs(value);
  if (std::isnan(value)) return WriteText(at, "NaN");
  if (std::isinf(value)) return WriteText(at, value > 0 ? "+Inf" : "-Inf");
  if (std::signbit(value)) *at++ = '-';
  // Most samples are whole numbers or have few decimals. A decimal of at most 15 digits that reads back to the same
  // double is the only one so short, hence the shortest once its zeros are cut.
  if (magnitude < 1e9) {
    const auto millionths = static_cast<std::int64_t>(std::nearbyint(magnitude * 1e6));
    if (static_cast<double>(millionths) / 1e6 == magnitude) {
      return WriteMillionths(at, static_cast<std::uint64_t>(millionths));
    }
  } else if (magnitude < 9007199254740992.0 && magnitude == std::trunc(magnitude)) {
    return WriteInteger(at, static_cast<std::uint64_t>(magnitude));
  }
  return WritePositive(at, magnitude);
}

char* WriteSeconds(char* at, std::int64_t timestamp_ms) {
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

// What the longest value and time take, and some characters around them.
constexpr std::size_t kRoom = 96;

}  // namespace

void AppendSampleValue(std::string& out, double value) {
  char text[kRoom];
  out.append(text, static_cast<std::size_t>(WriteValue(text, value) - text));
}

void AppendTimestampSeconds(std::string& out, std::int64_t timestamp_ms) {
  char text[kRoom];
  out.append(text, static_cast<std::size_t>(WriteSeconds(text, timestamp_ms) - text));
}

void AppendPoint(std::string& out, std::int64_t timestamp_ms, double value) {
  char text[kRoom];
  char* at = text;
  *at++ = '[';
  at = WriteText(WriteSeconds(at, timestamp_ms), ",\"");
  at = WriteText(WriteValue(at, value), "\"]");
  out.append(text, static_cast<std::size_t>(at - text));
}

}  // namespace vigia::server
