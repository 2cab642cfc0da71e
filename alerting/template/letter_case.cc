#include "alerting/template/letter_case.h"

#include <cstddef>
#include <cstdint>

#include "storage/model/utf8.h"

namespace vigia::alerting {
namespace {

// The character at `at`, which is moved behind it. A byte that begins no character stands for itself: `raw` is then
// set.
std::uint32_t NextRune(std::string_view text, std::size_t& at, bool& raw) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at);
  const std::size_t length = first < 0x80   ? 1
                             : first < 0xC2 ? 0
                             : first < 0xE0 ? 2
                             : first < 0xF0 ? 3
                             : first < 0xF5 ? 4
                                            : 0;
  raw = length == 0 || at + length > text.size();
  for (std::size_t i = 1; !raw && i < length; ++i) raw = (byte(at + i) & 0xC0) != 0x80;
  if (raw) return byte(at++);
  std::uint32_t rune = length == 1 ? first : first & (0x7Fu >> length);
  for (std::size_t i = 1; i < length; ++i) rune = rune << 6 | (byte(at + i) & 0x3Fu);
  at += length;
  return rune;
}

bool In(std::uint32_t c, std::uint32_t first, std::uint32_t last) { return c >= first && c <= last; }

// Latin Extended-A comes in pairs, upper case first; in some stretches the upper case is the odd one.
bool PairedUpperEven(std::uint32_t c) { return In(c, 0x100, 0x12F) || In(c, 0x132, 0x137) || In(c, 0x14A, 0x177); }
bool PairedUpperOdd(std::uint32_t c) { return In(c, 0x139, 0x148) || In(c, 0x179, 0x17E); }

std::uint32_t Upper(std::uint32_t c) {
  if (In(c, 'a', 'z')) return c - 32;
  if (c < 0x80) return c;
  if (In(c, 0xE0, 0xFE) && c != 0xF7) return c - 32;
  if (c == 0xFF) return 0x178;
  if (PairedUpperEven(c)) return c & ~1u;
  if (PairedUpperOdd(c)) return c % 2 == 0 ? c - 1 : c;
  if (In(c, 0x3B1, 0x3C9) && c != 0x3C2) return c - 32;
  if (In(c, 0x430, 0x44F)) return c - 32;
  if (In(c, 0x450, 0x45F)) return c - 80;
  return c;
}

std::uint32_t Lower(std::uint32_t c) {
  if (In(c, 'A', 'Z')) return c + 32;
  if (c < 0x80) return c;
  if (In(c, 0xC0, 0xDE) && c != 0xD7) return c + 32;
  if (c == 0x178) return 0xFF;
  if (PairedUpperEven(c)) return c | 1u;
  if (PairedUpperOdd(c)) return c % 2 == 1 ? c + 1 : c;
  if (In(c, 0x391, 0x3A9)) return c + 32;
  if (In(c, 0x410, 0x42F)) return c + 32;
  if (In(c, 0x400, 0x40F)) return c + 80;
  return c;
}

template <class Fn>
std::string Mapped(std::string_view text, Fn&& fn) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t at = 0; at < text.size();) {
    bool raw = false;
    const std::uint32_t rune = NextRune(text, at, raw);
    if (raw) {
      out += static_cast<char>(rune);
    } else {
      storage::AppendUtf8(out, fn(rune));
    }
  }
  return out;
}

bool Separates(std::uint32_t c) {
  if (c < 0x80) return !In(c, '0', '9') && !In(c, 'a', 'z') && !In(c, 'A', 'Z') && c != '_';
  return c == 0x85 || c == 0xA0 || In(c, 0x2000, 0x200A) || c == 0x3000;
}

}  // namespace

std::string ToUpperText(std::string_view text) { return Mapped(text, Upper); }
std::string ToLowerText(std::string_view text) { return Mapped(text, Lower); }

std::string ToTitleText(std::string_view text) {
  std::uint32_t before = ' ';
  return Mapped(text, [&before](std::uint32_t c) {
    const bool first = Separates(before);
    before = c;
    return first ? Upper(c) : c;
  });
}

}  // namespace vigia::alerting
