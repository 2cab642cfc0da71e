#include "server/otlp/any_value.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>

#include <fmt/format.h>

namespace vigia::server {
namespace {

constexpr std::string_view kHexDigits = "0123456789abcdef";

// As encoding/json prints floats: with an exponent below 1e-6 and from 1e21 up, which has no leading zero.
std::string FloatText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  const double size = std::fabs(value);
  const bool scientific = size != 0 && (size < 1e-6 || size >= 1e21);
  std::array<char, 400> buffer;
  const auto end = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value,
                                 scientific ? std::chars_format::scientific : std::chars_format::fixed)
                       .ptr;
  std::string text(buffer.data(), end);
  const std::size_t size_of_text = text.size();
  if (scientific && size_of_text >= 4 && text.compare(size_of_text - 4, 3, "e-0") == 0) text.erase(size_of_text - 2, 1);
  return text;
}

std::string Base64(std::string_view bytes) {
  constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); i += 3) {
    std::uint32_t group = 0;
    const std::size_t count = std::min<std::size_t>(3, bytes.size() - i);
    for (std::size_t j = 0; j < 3; ++j) {
      group = group << 8 | (j < count ? static_cast<unsigned char>(bytes[i + j]) : 0u);
    }
    for (std::size_t j = 0; j < 4; ++j) out += j <= count ? kAlphabet[group >> (18 - 6 * j) & 63] : '=';
  }
  return out;
}

// As encoding/json, which also escapes what HTML could mistake.
void AppendQuoted(std::string_view text, std::string& out) {
  out += '"';
  for (const char c : text) {
    switch (c) {
      case '"': out += "\\\""; break;
      case '\\': out += "\\\\"; break;
      case '\n': out += "\\n"; break;
      case '\r': out += "\\r"; break;
      case '\t': out += "\\t"; break;
      case '\b': out += "\\b"; break;
      case '\f': out += "\\f"; break;
      default: {
        const auto byte = static_cast<unsigned char>(c);
        if (byte < 0x20 || c == '<' || c == '>' || c == '&') {
          out += fmt::format("\\u{:04x}", byte);
        } else {
          out += c;
        }
      }
    }
  }
  out += '"';
}

void AppendJson(const OtlpValue& value, std::string& out) {
  switch (value.kind) {
    case OtlpValue::Kind::kEmpty: out += "null"; break;
    case OtlpValue::Kind::kText: AppendQuoted(value.text, out); break;
    case OtlpValue::Kind::kBool:
    case OtlpValue::Kind::kInt:
    case OtlpValue::Kind::kDouble: out += ToText(value); break;
    case OtlpValue::Kind::kBytes: AppendQuoted(Base64(value.text), out); break;
    case OtlpValue::Kind::kArray: {
      out += '[';
      for (std::size_t i = 0; i < value.items.size(); ++i) {
        if (i > 0) out += ',';
        AppendJson(value.items[i], out);
      }
      out += ']';
      break;
    }
    case OtlpValue::Kind::kMap: {
      std::map<std::string_view, const OtlpValue*> sorted;
      for (const auto& [key, inner] : value.entries) sorted[key] = &inner;
      out += '{';
      for (const auto& [key, inner] : sorted) {
        if (out.back() != '{') out += ',';
        AppendQuoted(key, out);
        out += ':';
        AppendJson(*inner, out);
      }
      out += '}';
      break;
    }
  }
}

}  // namespace

std::string ToText(const OtlpValue& value) {
  switch (value.kind) {
    case OtlpValue::Kind::kEmpty: return {};
    case OtlpValue::Kind::kText: return value.text;
    case OtlpValue::Kind::kBool: return value.boolean ? "true" : "false";
    case OtlpValue::Kind::kInt: return std::to_string(value.integer);
    case OtlpValue::Kind::kDouble: return FloatText(value.number);
    case OtlpValue::Kind::kBytes: return Base64(value.text);
    case OtlpValue::Kind::kArray:
    case OtlpValue::Kind::kMap: break;
  }
  std::string out;
  AppendJson(value, out);
  return out;
}

std::string ToHex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHexDigits[byte >> 4];
    out += kHexDigits[byte & 15];
  }
  return out;
}

}  // namespace vigia::server
