// Code points as UTF-8 (RFC 3629, section 3).
#pragma once

#include <cstdint>
#include <string>

namespace vigia::storage {

inline constexpr std::uint32_t kReplacementRune = 0xFFFD;

// Appends one to four bytes; those of U+FFFD for what is no code point, as Go's strings have it.
inline void AppendUtf8(std::string& out, std::uint32_t rune) {
  if (rune > 0x10FFFF || (rune >= 0xD800 && rune <= 0xDFFF)) rune = kReplacementRune;
  const auto put = [&out](std::uint32_t byte) { out.push_back(static_cast<char>(byte)); };
  const auto put_tail = [&](int bits) { put(0x80 | (rune >> bits & 0x3F)); };
  if (rune < 0x80) return put(rune);
  if (rune < 0x800) {
    put(0xC0 | rune >> 6);
  } else if (rune < 0x10000) {
    put(0xE0 | rune >> 12);
    put_tail(6);
  } else {
    put(0xF0 | rune >> 18);
    put_tail(12);
    put_tail(6);
  }
  put_tail(0);
}

}  // namespace vigia::storage
