// Query texts are up to a megabyte long; lists of queries keep the beginning.
#pragma once

#include <string>
#include <string_view>

namespace vigia::promql {

// `text`, or its first `max_bytes` at most and "...", not cut inside a UTF-8 character.
inline std::string CutText(std::string_view text, std::size_t max_bytes) {
  if (text.size() <= max_bytes) return std::string(text);
  std::size_t end = max_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return std::string(text.substr(0, end)) + "...";
}

}  // namespace vigia::promql
