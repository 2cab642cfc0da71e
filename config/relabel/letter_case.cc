#include "config/relabel/letter_case.h"

#include <cstddef>
#include <cstdint>

#include <locale.h>
#include <wctype.h>

#include "storage/model/utf8.h"

namespace vigia::config {
namespace {

// Null when the C library has no UTF-8 locale; then only ASCII letters are mapped.
locale_t Utf8Locale() {
  static const locale_t kLocale = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  return kLocale;
}

std::uint32_t Map(std::uint32_t rune, bool upper) {
  if (rune < 0x80) {
    const std::uint32_t first = upper ? U'a' : U'A';
    return rune >= first && rune < first + 26 ? rune ^ 0x20u : rune;
  }
  const locale_t locale = Utf8Locale();
  if (locale == nullptr) return rune;
  const auto wide = static_cast<wint_t>(rune);
  return static_cast<std::uint32_t>(upper ? towupper_l(wide, locale) : towlower_l(wide, locale));
}

// Length of the well-formed sequence at `at`, or 0.
std::size_t SequenceLength(std::string_view text, std::size_t at, std::uint32_t& rune) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i])); };
  const std::uint32_t lead = byte(at);
  const std::size_t length = lead < 0x80   ? 1
                             : lead < 0xC2 ? 0
                             : lead < 0xE0 ? 2
                             : lead < 0xF0 ? 3
                             : lead < 0xF5 ? 4
                                           : 0;
  if (length == 0 || at + length > text.size()) return 0;
  constexpr std::uint32_t kLeadMask[] = {0, 0x7F, 0x1F, 0x0F, 0x07};
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  rune = lead & kLeadMask[length];
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(at + i) & 0xC0) != 0x80) return 0;
    rune = (rune << 6) | (byte(at + i) & 0x3F);
  }
  const bool surrogate = rune >= 0xD800 && rune <= 0xDFFF;
  return rune < kLeast[length] || rune > 0x10FFFF || surrogate ? 0 : length;
}

std::string MapAll(std::string_view text, bool upper) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    std::uint32_t rune = storage::kReplacementRune;
    const std::size_t length = SequenceLength(text, at, rune);
    storage::AppendUtf8(out, length == 0 ? storage::kReplacementRune : Map(rune, upper));
    at += length == 0 ? 1 : length;
  }
  return out;
}

}  // namespace

std::string LowerCase(std::string_view text) { return MapAll(text, false); }
std::string UpperCase(std::string_view text) { return MapAll(text, true); }

}  // namespace vigia::config
