#include "server/json/writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstring>

#include <fmt/format.h>

namespace vigia::server {
namespace {

constexpr char kHex[] = "0123456789abcdef";

constexpr std::array<bool, 256> CopiedBytes(JsonEscape escape) {
  std::array<bool, 256> copied{};
  for (std::size_t c = 0x20; c < 0x80; ++c) copied[c] = c != '"' && c != '\\';
  if (escape == JsonEscape::kGo) copied['<'] = copied['>'] = copied['&'] = false;
  return copied;
}

constexpr std::array<bool, 256> kCopiedGo = CopiedBytes(JsonEscape::kGo);
constexpr std::array<bool, 256> kCopiedPlain = CopiedBytes(JsonEscape::kPlain);

void AppendEscapedByte(std::string& out, unsigned char c) {
  switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\n': out.append("\\n"); return;
    case '\r': out.append("\\r"); return;
    case '\t': out.append("\\t"); return;
  }
  const char text[6] = {'\\', 'u', '0', '0', kHex[c >> 4], kHex[c & 15]};
  out.append(text, sizeof(text));
}

// Length of the well-formed UTF-8 sequence of two to four bytes at the start of `text`; 0 if there is none.
std::size_t SequenceLength(std::string_view text) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0u; };
  const auto follows = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned lead = byte(0);
  if (lead >= 0xc2 && lead <= 0xdf) return follows(1) ? 2 : 0;
  if (lead >= 0xe0 && lead <= 0xef) {
    const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = lead == 0xed ? 0x9f : 0xbf;
    return follows(1, low, high) && follows(2) ? 3 : 0;
  }
  if (lead >= 0xf0 && lead <= 0xf4) {
    const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
    const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;
    return follows(1, low, high) && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// Whether one of eight bytes has to be escaped or looked at more closely: a control character, '"', '\\', or no ASCII.
// And for kGo what may not stand inside HTML.
template <JsonEscape kEscape>
bool HasSpecial(std::uint64_t bytes) {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  constexpr std::uint64_t kHighs = 0x80 * kOnes;
  const auto has_zero = [](std::uint64_t x) { return (x - kOnes) & ~x; };
  const std::uint64_t below_blank = (bytes - 0x20 * kOnes) & ~bytes;
  if constexpr (kEscape == JsonEscape::kGo) {
    const std::uint64_t html =
        has_zero(bytes ^ '<' * kOnes) | has_zero(bytes ^ '>' * kOnes) | has_zero(bytes ^ '&' * kOnes);
    if ((html & kHighs) != 0) return true;
  }
  return ((bytes | below_blank | has_zero(bytes ^ '"' * kOnes) | has_zero(bytes ^ '\\' * kOnes)) & kHighs) != 0;
}

template <JsonEscape kEscape, class Word>
bool CopyWord(const char* from, char* to) {
  Word word;
  std::memcpy(&word, from, sizeof(word));
  std::memcpy(to, &word, sizeof(word));
  constexpr std::uint64_t kBlanks = 0x2020202020202020;
  return !HasSpecial<kEscape>(sizeof(word) == 8 ? word : word | kBlanks << (8 * (sizeof(word) % 8)));
}

// In words, of which the last one may overlap the one before.
template <JsonEscape kEscape>
bool CopyIfPlain(std::string_view text, char* to) {
  const char* const from = text.data();
  const std::size_t size = text.size();
  if (size >= 8) {
    bool plain = CopyWord<kEscape, std::uint64_t>(from + size - 8, to + size - 8);
    for (std::size_t i = 0; i + 8 < size; i += 8) plain &= CopyWord<kEscape, std::uint64_t>(from + i, to + i);
    return plain;
  }
  if (size >= 4) {
    const bool begin = CopyWord<kEscape, std::uint32_t>(from, to);
    return CopyWord<kEscape, std::uint32_t>(from + size - 4, to + size - 4) && begin;
  }
  bool plain = true;
  for (std::size_t i = 0; i < size; ++i) plain &= CopyWord<kEscape, std::uint8_t>(from + i, to + i);
  return plain;
}

// False, and `out` is unchanged, when something has to be escaped.
bool AppendIfPlain(std::string& out, std::string_view text, JsonEscape escape) {
  const std::size_t before = out.size();
  out.resize(before + text.size() + 2);
  char* const at = out.data() + before + 1;
  const bool plain =
      escape == JsonEscape::kGo ? CopyIfPlain<JsonEscape::kGo>(text, at) : CopyIfPlain<JsonEscape::kPlain>(text, at);
  if (!plain) {
    out.resize(before);
    return false;
  }
  at[-1] = at[text.size()] = '"';
  return true;
}

}  // namespace

bool CopyPlainText(std::string_view text, char* to) { return CopyIfPlain<JsonEscape::kPlain>(text, to); }

void AppendJsonString(std::string& out, std::string_view text, JsonEscape escape) {
  if (AppendIfPlain(out, text, escape)) return;
  const auto& copied = escape == JsonEscape::kGo ? kCopiedGo : kCopiedPlain;
  out.push_back('"');
  std::size_t begin = 0;  // Of the bytes that are copied as they are.
  std::size_t i = 0;
  while (i < text.size()) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (copied[c]) {
      ++i;
      continue;
    }
    if (c < 0x80) {
      out.append(text, begin, i - begin);
      AppendEscapedByte(out, c);
      begin = ++i;
      continue;
    }
    const std::size_t length = SequenceLength(text.substr(i));
    const bool line_separator = length == 3 && escape == JsonEscape::kGo &&
                                (text.substr(i, 3) == "\xe2\x80\xa8" || text.substr(i, 3) == "\xe2\x80\xa9");
    if (length != 0 && !line_separator) {
      i += length;
      continue;
    }
    out.append(text, begin, i - begin);
    out.append(length == 0 ? "\\ufffd" : text[i + 2] == '\xa8' ? "\\u2028" : "\\u2029");
    begin = i += length == 0 ? 1 : length;
  }
  out.append(text, begin);
  out.push_back('"');
}

JsonWriter& JsonWriter::Open(char bracket) {
  Separate();
  out_.push_back(bracket);
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::Close(char bracket) {
  out_.push_back(bracket);
  need_comma_ = true;
  return *this;
}

JsonWriter& JsonWriter::Key(std::string_view name) {
  Separate();
  AppendJsonString(out_, name, escape_);
  out_.push_back(':');
  need_comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::String(std::string_view text, JsonEscape escape) {
  Separate();
  AppendJsonString(out_, text, escape);
  return *this;
}

JsonWriter& JsonWriter::Bool(bool flag) { return Raw(flag ? "true" : "false"); }

JsonWriter& JsonWriter::Null() { return Raw("null"); }

JsonWriter& JsonWriter::Int(std::int64_t number) {
  const fmt::format_int text(number);
  return Raw({text.data(), text.size()});
}

JsonWriter& JsonWriter::Uint(std::uint64_t number) {
  const fmt::format_int text(number);
  return Raw({text.data(), text.size()});
}

JsonWriter& JsonWriter::Double(double number) {
  if (!std::isfinite(number)) return Null();
  Separate();
  const std::size_t begin = out_.size();
  AppendSampleValue(out_, number);
  // Go's encoding/json writes e-7 where strconv writes e-07.
  const std::size_t size = out_.size() - begin;
  if (size >= 4 && out_.compare(out_.size() - 4, 3, "e-0") == 0) out_.erase(out_.size() - 2, 1);
  return *this;
}

JsonWriter& JsonWriter::SampleValue(double value) {
  Separate();
  out_.push_back('"');
  AppendSampleValue(out_, value);
  out_.push_back('"');
  return *this;
}

JsonWriter& JsonWriter::TimestampSeconds(std::int64_t timestamp_ms) {
  Separate();
  AppendTimestampSeconds(out_, timestamp_ms);
  return *this;
}

JsonWriter& JsonWriter::Raw(std::string_view json) {
  Separate();
  out_.append(json);
  return *this;
}

}  // namespace vigia::server
