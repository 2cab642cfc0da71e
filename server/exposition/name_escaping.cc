#include "server/exposition/name_escaping.h"

#include <array>
#include <cstdint>
#include <utility>

#include <fmt/format.h>

#include "storage/model/labels.h"

namespace vigia::server {
namespace {

constexpr std::array<std::pair<NameEscaping, std::string_view>, 4> kTexts{{
    {NameEscaping::kAllowUtf8, "allow-utf-8"},
    {NameEscaping::kUnderscores, "underscores"},
    {NameEscaping::kDots, "dots"},
    {NameEscaping::kValues, "values"},
}};

// Bytes of the code point that begins with `first`.
std::size_t RuneSize(unsigned char first) {
  if (first < 0x80) return 1;
  return first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

// REQUIRES: well-formed.
std::uint32_t RuneOf(std::string_view bytes) {
  const auto first = static_cast<unsigned char>(bytes[0]);
  if (bytes.size() == 1) return first;
  std::uint32_t rune = first & (0x7Fu >> bytes.size());
  for (const char c : bytes.substr(1)) rune = rune << 6 | (static_cast<unsigned char>(c) & 0x3Fu);
  return rune;
}

bool IsLegacyAt(char c, bool first) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == ':';
  return letter || (!first && c >= '0' && c <= '9');
}

void AppendEscape(std::string& out, std::string_view rune, bool legacy, NameEscaping escaping) {
  switch (escaping) {
    case NameEscaping::kAllowUtf8: out.append(rune); return;
    case NameEscaping::kUnderscores: out.append(legacy ? rune : "_"); return;
    case NameEscaping::kDots:
      if (rune == ".") {
        out.append("_dot_");
      } else {
        out.append(legacy && rune != "_" ? rune : "__");
      }
      return;
    case NameEscaping::kValues:
      if (rune == "_") {
        out.append("__");
      } else if (legacy) {
        out.append(rune);
      } else {
        out.append(fmt::format("_{:x}_", RuneOf(rune)));
      }
      return;
  }
}

}  // namespace

std::string_view ToString(NameEscaping escaping) {
  for (const auto& [known, text] : kTexts) {
    if (known == escaping) return text;
  }
  return {};
}

std::optional<NameEscaping> ParseNameEscaping(std::string_view text) {
  for (const auto& [known, name] : kTexts) {
    if (name == text) return known;
  }
  return std::nullopt;
}

std::string EscapeName(std::string_view name, NameEscaping escaping) {
  if (escaping == NameEscaping::kAllowUtf8 || name.empty() || storage::IsLegacyMetricName(name)) {
    return std::string(name);
  }
  std::string out = escaping == NameEscaping::kValues ? "U__" : "";
  for (std::string_view rest = name; !rest.empty();) {
    const std::size_t size = RuneSize(static_cast<unsigned char>(rest[0]));
    if (size > rest.size()) break;
    AppendEscape(out, rest.substr(0, size), size == 1 && IsLegacyAt(rest[0], rest.size() == name.size()), escaping);
    rest.remove_prefix(size);
  }
  return out;
}

}  // namespace vigia::server
