#include "alerting/template/literal.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "storage/model/utf8.h"

namespace vigia::alerting {
namespace {

std::optional<std::uint32_t> Digits(std::string_view text, std::size_t count, int base) {
  if (text.size() < count) return std::nullopt;
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + count, value, base);
  if (error != std::errc() || end != text.data() + count) return std::nullopt;
  return value;
}

std::optional<char> SimpleEscape(char c) {
  switch (c) {
    case 'a': return '\a';
    case 'b': return '\b';
    case 'f': return '\f';
    case 'n': return '\n';
    case 'r': return '\r';
    case 't': return '\t';
    case 'v': return '\v';
    case '\\': return '\\';
    case '\'': return '\'';
    case '"': return '"';
    default: return std::nullopt;
  }
}

// `text` starts after the backslash. Appends what it stands for; the length taken, or 0 when it is no escape.
std::size_t Escape(std::string_view text, std::string& out) {
  if (text.empty()) return 0;
  if (const auto simple = SimpleEscape(text[0])) {
    out += *simple;
    return 1;
  }
  const char c = text[0];
  const std::size_t digits = c == 'x' ? 2 : c == 'u' ? 4 : c == 'U' ? 8 : 0;
  if (digits > 0) {
    const auto code = Digits(text.substr(1), digits, 16);
    if (!code || (digits > 2 && (*code > 0x10FFFF || (*code >= 0xD800 && *code < 0xE000)))) return 0;
    if (digits == 2) {
      out += static_cast<char>(*code);
    } else {
      storage::AppendUtf8(out, *code);
    }
    return digits + 1;
  }
  const auto octal = Digits(text, 3, 8);
  if (!octal || *octal > 255) return 0;
  out += static_cast<char>(*octal);
  return 3;
}

std::optional<std::string> Unescape(std::string_view inside) {
  std::string out;
  for (std::size_t at = 0; at < inside.size();) {
    if (inside[at] != '\\') {
      out += inside[at++];
      continue;
    }
    const std::size_t taken = Escape(inside.substr(at + 1), out);
    if (taken == 0) return std::nullopt;
    at += taken + 1;
  }
  return out;
}

std::optional<std::int64_t> ParseInt(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
    negative = text[0] == '-';
    text.remove_prefix(1);
  }
  int base = 10;
  if (text.size() > 1 && text[0] == '0') {
    const char kind = static_cast<char>(text[1] | 0x20);
    base = kind == 'x' ? 16 : kind == 'b' ? 2 : 8;
    text.remove_prefix(kind == 'x' || kind == 'b' || kind == 'o' ? 2 : 1);
  }
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (error != std::errc() || end != text.data() + text.size() || text.empty()) return std::nullopt;
  const auto limit = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  if (value > limit + (negative ? 1 : 0)) return std::nullopt;
  return static_cast<std::int64_t>(negative ? 0 - value : value);
}

}  // namespace

std::optional<double> ParseFloatText(std::string_view text) {
  std::string_view body = text;
  const bool negative = !body.empty() && body[0] == '-';
  if (!body.empty() && (body[0] == '-' || body[0] == '+')) body.remove_prefix(1);
  std::string lower(body);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  if (lower == "inf" || lower == "infinity") {
    const double inf = std::numeric_limits<double>::infinity();
    return negative ? -inf : inf;
  }
  if (lower == "nan") return std::numeric_limits<double>::quiet_NaN();
  const bool hex = lower.size() > 2 && lower[0] == '0' && lower[1] == 'x';
  if (lower.empty() || (!hex && (lower[0] < '0' || lower[0] > '9') && lower[0] != '.')) return std::nullopt;
  const char* start = lower.data() + (hex ? 2 : 0);
  const char* end = lower.data() + lower.size();
  double value = 0;
  const auto [stop, error] =
      std::from_chars(start, end, value, hex ? std::chars_format::hex : std::chars_format::general);
  if (error != std::errc() || stop != end) return std::nullopt;
  return negative ? -value : value;
}

std::optional<TemplateValue> ParseNumberLiteral(std::string_view text) {
  std::string plain(text);
  std::erase(plain, '_');
  const bool hex = plain.find_first_of("xX") != std::string::npos;
  if (hex ? plain.find_first_of("pP") != std::string::npos : plain.find_first_of(".eE") != std::string::npos) {
    const auto value = ParseFloatText(plain);
    if (!value) return std::nullopt;
    return TemplateValue(*value);
  }
  const auto value = ParseInt(plain);
  if (!value) return std::nullopt;
  return TemplateValue(*value);
}

std::optional<std::int64_t> ParseCharLiteral(std::string_view text) {
  const auto bytes = Unescape(text.substr(1, text.size() - 2));
  if (!bytes || bytes->empty()) return std::nullopt;
  const auto first = static_cast<unsigned char>((*bytes)[0]);
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (bytes->size() != length) return bytes->size() == 1 ? std::optional<std::int64_t>(first) : std::nullopt;
  std::int64_t rune = length == 1 ? first : first & (0x7F >> length);
  for (std::size_t i = 1; i < length; ++i) rune = rune << 6 | (static_cast<unsigned char>((*bytes)[i]) & 0x3F);
  return rune;
}

std::optional<std::string> UnquoteLiteral(std::string_view text) {
  const std::string_view inside = text.substr(1, text.size() - 2);
  if (text[0] != '`') return Unescape(inside);
  std::string raw(inside);
  std::erase(raw, '\r');
  return raw;
}

}  // namespace vigia::alerting
