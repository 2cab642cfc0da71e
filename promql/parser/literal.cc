#include "promql/parser/literal.h"

#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <optional>

#include <fmt/format.h>

#include "storage/model/labels.h"
#include "storage/model/utf8.h"

namespace vigia::promql {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsHexDigit(char c) { return IsDigit(c) || (Lower(c) >= 'a' && Lower(c) <= 'f'); }

// Underscores stand between digits, or between the prefix and a digit.
bool UnderscoresAreWellPlaced(std::string_view text) {
  enum class Last { kStart, kDigit, kUnderscore, kOther } last = Last::kStart;
  bool hex = false;
  if (text.size() >= 2 && text[0] == '0' && std::string_view("box").find(Lower(text[1])) != std::string_view::npos) {
    hex = Lower(text[1]) == 'x';
    last = Last::kDigit;
    text.remove_prefix(2);
  }
  for (const char c : text) {
    if (hex ? IsHexDigit(c) : IsDigit(c)) {
      last = Last::kDigit;
    } else if (c == '_') {
      if (last != Last::kDigit) return false;
      last = Last::kUnderscore;
    } else {
      if (last == Last::kUnderscore) return false;
      last = Last::kOther;
    }
  }
  return last != Last::kUnderscore;
}

std::string WithoutUnderscores(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != '_') out.push_back(c);
  }
  return out;
}

// Empty when the text is no integer of 64 bits.
std::optional<std::int64_t> ParseInteger(std::string_view digits) {
  int base = 10;
  if (digits.size() > 1 && digits[0] == '0') {
    const char prefix = Lower(digits[1]);
    base = prefix == 'x' ? 16 : prefix == 'b' ? 2 : 8;
    digits.remove_prefix(prefix == 'x' || prefix == 'b' || prefix == 'o' ? 2 : 1);
  }
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
  if (error != std::errc() || end != digits.data() + digits.size() || digits.starts_with('-')) return std::nullopt;
  return value;
}

// The value of exactly `count` digits at the front of `text`, which are taken off.
std::optional<std::uint32_t> TakeDigits(std::string_view& text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value, base);
  if (error != std::errc() || end != text.data() + count) return std::nullopt;
  text.remove_prefix(count);
  return value;
}

// One escape sequence; `text` begins behind the backslash.
bool AppendEscape(std::string& out, std::string_view& text, char quote) {
  if (text.empty()) return false;
  constexpr std::string_view kLetters = "abfnrtv\\";
  constexpr std::string_view kValues = "\a\b\f\n\r\t\v\\";
  const char c = text[0];
  if (const std::size_t at = kLetters.find(c); at != std::string_view::npos || c == quote) {
    out.push_back(c == quote ? quote : kValues[at]);
    text.remove_prefix(1);
    return true;
  }
  const bool octal = c >= '0' && c <= '7';
  if (!octal) text.remove_prefix(1);
  if (octal || c == 'x') {
    const std::optional<std::uint32_t> byte = octal ? TakeDigits(text, 3, 8) : TakeDigits(text, 2, 16);
    if (!byte || *byte > 0xFF) return false;
    out.push_back(static_cast<char>(*byte));
    return true;
  }
  if (c != 'u' && c != 'U') return false;
  const std::optional<std::uint32_t> rune = TakeDigits(text, c == 'u' ? 4 : 8, 16);
  if (!rune || *rune > 0x10FFFF || (*rune >= 0xD800 && *rune < 0xE000)) return false;
  storage::AppendUtf8(out, *rune);
  return true;
}

}  // namespace

Result<double> ParseNumber(std::string_view text) {
  const auto error = [text](std::string_view why) {
    return Error{Errc::kInvalid, fmt::format("strconv.ParseFloat: parsing {}: {}", storage::Quoted(text), why)};
  };
  if (!UnderscoresAreWellPlaced(text)) return error("invalid syntax");
  const std::string digits = WithoutUnderscores(text);
  if (const std::optional<std::int64_t> integer = ParseInteger(digits)) return static_cast<double>(*integer);
  if (digits.size() > 1 && digits[0] == '0' && Lower(digits[1]) == 'x') return error("invalid syntax");
  double value = 0;
  const char* const end = digits.data() + digits.size();
  const auto [at, errc] = std::from_chars(digits.data(), end, value);
  if (at != end || digits.starts_with('-')) return error("invalid syntax");
  if (errc == std::errc::result_out_of_range) {
    // Too small reads as 0 (or a subnormal that from_chars refuses), too large is an error.
    const double read = std::strtod(digits.c_str(), nullptr);
    return std::isinf(read) ? Result<double>(error("value out of range")) : Result<double>(read);
  }
  if (errc != std::errc()) return error("invalid syntax");
  return value;
}

std::string FormatNumber(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[32];
  const auto [end, errc] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<std::size_t>(end - buffer));
  std::string out;
  if (text.starts_with('-')) {
    out = "-";
    text.remove_prefix(1);
  }
  const std::size_t e = text.find('e');
  int exponent = 0;
  const std::size_t sign = text[e + 1] == '+' ? 1 : 0;
  std::from_chars(text.data() + e + 1 + sign, text.data() + text.size(), exponent);
  std::string digits(1, text[0]);
  if (e > 2) digits.append(text.substr(2, e - 2));
  const int point = exponent + 1;  // Digits before the decimal point.
  const int count = static_cast<int>(digits.size());
  if (point <= 0) return out + "0." + std::string(static_cast<std::size_t>(-point), '0') + digits;
  if (point >= count) return out + digits + std::string(static_cast<std::size_t>(point - count), '0');
  return out + digits.substr(0, static_cast<std::size_t>(point)) + "." + digits.substr(static_cast<std::size_t>(point));
}

Result<std::string> Unquote(std::string_view literal) {
  const Error invalid{Errc::kInvalid, "invalid syntax"};
  if (literal.size() < 2 || literal.front() != literal.back()) return invalid;
  const char quote = literal.front();
  std::string_view rest = literal.substr(1, literal.size() - 2);
  if (quote == '`') {
    if (rest.find('`') != std::string_view::npos) return invalid;
    return std::string(rest);
  }
  if (quote != '"' && quote != '\'') return invalid;
  std::string out;
  out.reserve(rest.size());
  while (!rest.empty()) {
    const char c = rest[0];
    if (c == quote || c == '\n') return invalid;
    rest.remove_prefix(1);
    if (c != '\\') {
      out.push_back(c);
    } else if (!AppendEscape(out, rest, quote)) {
      return invalid;
    }
  }
  return out;
}

}  // namespace vigia::promql
