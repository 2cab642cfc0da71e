#include "server/json/number.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

#include <fmt/format.h>

namespace vigia::server {
namespace {

void AppendInteger(std::string& out, std::int64_t number) {
  const fmt::format_int text(number);
  out.append(text.data(), text.size());
}

// Writes digits / 10^6 in as few decimals as it needs. REQUIRES: digits has at most 15 decimal places.
void AppendMillionths(std::string& out, std::int64_t digits) {
  if (digits < 0) {
    out.push_back('-');
    digits = -digits;
  }
  AppendInteger(out, digits / 1'000'000);
  std::int64_t fraction = digits % 1'000'000;
  if (fraction == 0) return;
  char text[7] = {'.', '0', '0', '0', '0', '0', '0'};
  std::size_t size = 1;
  for (std::size_t i = 6; i >= 1; --i, fraction /= 10) {
    text[i] = static_cast<char>('0' + fraction % 10);
    if (size == 1 && text[i] != '0') size = i + 1;
  }
  out.append(text, size);
}

// Spreads "d.dddde+XX" without exponent: the digits stay the shortest ones, zeros fill up.
void AppendPlain(std::string& out, std::string_view scientific) {
  if (scientific.front() == '-') {
    out.push_back('-');
    scientific.remove_prefix(1);
  }
  const std::size_t e = scientific.find('e');
  const int exponent = std::atoi(scientific.data() + e + 1);
  char digits[24];
  int count = 0;
  for (const char c : scientific.substr(0, e)) {
    if (c != '.') digits[count++] = c;
  }
  if (exponent < 0) {
    out.append("0.").append(static_cast<std::size_t>(-exponent - 1), '0');
    out.append(digits, static_cast<std::size_t>(count));
  } else if (count <= exponent + 1) {
    out.append(digits, static_cast<std::size_t>(count));
    out.append(static_cast<std::size_t>(exponent + 1 - count), '0');
  } else {
    out.append(digits, static_cast<std::size_t>(exponent + 1)).push_back('.');
    out.append(digits + exponent + 1, static_cast<std::size_t>(count - exponent - 1));
  }
}

}  // namespace

void AppendSampleValue(std::string& out, double value) {
  const double magnitude = std::fabs(value);
  // Most samples are whole numbers or have few decimals. A decimal of at most 15 digits that reads back to the same
  // double is the only one so short, hence the shortest once its zeros are cut.
  if (magnitude < 1e9 && (value != 0 || !std::signbit(value))) {
    const auto millionths = static_cast<std::int64_t>(std::nearbyint(value * 1e6));
    if (static_cast<double>(millionths) / 1e6 == value) return AppendMillionths(out, millionths);
  } else if (magnitude < 9007199254740992.0 && value == std::trunc(value) && value != 0) {
    return AppendInteger(out, static_cast<std::int64_t>(value));
  }
  if (std::isnan(value)) {
    out.append("NaN");
    return;
  }
  if (std::isinf(value)) {
    out.append(value > 0 ? "+Inf" : "-Inf");
    return;
  }
  if (value == 0) {
    out.append("-0");
    return;
  }
  char text[40];
  const auto end = std::to_chars(text, text + sizeof(text) - 1, value, std::chars_format::scientific);
  *end.ptr = '\0';
  const std::string_view scientific(text, static_cast<std::size_t>(end.ptr - text));
  if (magnitude < 1e-6 || magnitude >= 1e21) {
    out.append(scientific);
  } else {
    AppendPlain(out, scientific);
  }
}

void AppendTimestampSeconds(std::string& out, std::int64_t timestamp_ms) {
  auto magnitude = static_cast<std::uint64_t>(timestamp_ms);
  if (timestamp_ms < 0) {
    out.push_back('-');
    magnitude = 0 - magnitude;
  }
  const fmt::format_int seconds(magnitude / 1000);
  out.append(seconds.data(), seconds.size());
  const std::uint64_t fraction = magnitude % 1000;
  if (fraction == 0) return;
  const char text[4] = {'.', static_cast<char>('0' + fraction / 100), static_cast<char>('0' + fraction / 10 % 10),
                        static_cast<char>('0' + fraction % 10)};
  out.append(text, sizeof(text));
}

}  // namespace vigia::server
