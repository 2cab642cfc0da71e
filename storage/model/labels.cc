#include "storage/model/labels.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include <fmt/format.h>
#include <xxhash.h>

namespace vigia::storage {
namespace {

constexpr std::size_t kLongText = 255;  // From here on the length takes four bytes.

// Reads one length-prefixed string at *at and moves past it.
std::string_view ReadString(const char*& at) {
  std::size_t size = static_cast<unsigned char>(*at++);
  if (size == 255) {
    size = static_cast<unsigned char>(at[0]) | (std::size_t{static_cast<unsigned char>(at[1])} << 8) |
           (std::size_t{static_cast<unsigned char>(at[2])} << 16);
    at += 3;
  }
  const std::string_view text(at, size);
  at += size;
  return text;
}

void AppendString(std::string& out, std::string_view text) {
  assert(text.size() <= kMaxLabelBytes);
  if (text.size() < kLongText) {
    out.push_back(static_cast<char>(text.size()));
  } else {
    const char prefix[] = {static_cast<char>(0xff), static_cast<char>(text.size()), static_cast<char>(text.size() >> 8),
                           static_cast<char>(text.size() >> 16)};
    out.append(prefix, sizeof(prefix));
  }
  out.append(text);
}

// How many bytes both begin with.
std::size_t EqualBytes(std::string_view a, std::string_view b) {
  const std::size_t size = std::min(a.size(), b.size());
  std::size_t at = 0;
  for (; at + 8 <= size; at += 8) {
    if (std::memcmp(a.data() + at, b.data() + at, 8) != 0) break;
  }
  while (at < size && a[at] == b[at]) ++at;
  return at;
}

bool SkipString(std::string_view& bytes) {
  if (bytes.empty()) return false;
  std::size_t size = static_cast<unsigned char>(bytes[0]);
  std::size_t header = 1;
  if (size == 255) {
    if (bytes.size() < 4) return false;
    size = static_cast<unsigned char>(bytes[1]) | (std::size_t{static_cast<unsigned char>(bytes[2])} << 8) |
           (std::size_t{static_cast<unsigned char>(bytes[3])} << 16);
    header = 4;
  }
  if (bytes.size() < header + size) return false;
  bytes.remove_prefix(header + size);
  return true;
}

bool IsLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Length of the well-formed UTF-8 sequence at the start of `text`, 0 if there is none; the code point goes to *rune.
std::size_t DecodeRune(std::string_view text, std::uint32_t* rune) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char b0 = byte(0);
  if (b0 < 0x80) return *rune = b0, 1;
  const std::size_t size = b0 >= 0xf0 ? 4 : b0 >= 0xe0 ? 3 : 2;
  if (b0 < 0xc2 || b0 > 0xf4 || text.size() < size) return 0;
  std::uint32_t value = b0 & (0xff >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return 0;
    value = value << 6 | (byte(i) & 0x3f);
  }
  constexpr std::uint32_t kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
  if (value < kSmallest[size] || value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return 0;
  *rune = value;
  return size;
}

}  // namespace

LabelView Labels::Iterator::operator*() const {
  const char* at = at_;
  LabelView label;
  label.name = ReadString(at);
  label.value = ReadString(at);
  return label;
}

Labels::Iterator& Labels::Iterator::operator++() {
  ReadString(at_);
  ReadString(at_);
  return *this;
}

Labels::Labels(std::initializer_list<std::pair<std::string_view, std::string_view>> labels) {
  std::vector<LabelView> views;
  views.reserve(labels.size());
  for (const auto& [name, value] : labels) views.push_back({name, value});
  *this = FromPairs(std::move(views));
}

Labels Labels::FromPairs(std::vector<LabelView> labels) {
  std::stable_sort(labels.begin(), labels.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  Labels out;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const bool overridden = i + 1 < labels.size() && labels[i + 1].name == labels[i].name;
    if (!overridden && !labels[i].value.empty()) Append(out.data_, labels[i].name, labels[i].value);
  }
  return out;
}

Labels Labels::FromSorted(std::span<const LabelView> labels) {
  std::size_t bytes = 0;
  std::size_t longest = 0;
  for (const LabelView& label : labels) {
    bytes += label.name.size() + label.value.size() + 2;
    longest = std::max({longest, label.name.size(), label.value.size()});
  }
  Labels out;
  if (longest >= kLongText) {
    for (const LabelView& label : labels) Append(out.data_, label.name, label.value);
    return out;
  }
  out.data_.resize(bytes);
  char* at = out.data_.data();
  const auto put = [&at](std::string_view text) {
    *at++ = static_cast<char>(text.size());
    std::memcpy(at, text.data(), text.size());
    at += text.size();
  };
  for (const LabelView& label : labels) {
    put(label.name);
    put(label.value);
  }
  return out;
}

Labels Labels::FromBytes(std::string bytes) {
  assert(IsWellFormed(bytes));
  Labels out;
  out.data_ = std::move(bytes);
  return out;
}

bool Labels::IsWellFormed(std::string_view bytes) {
  std::string_view last;
  while (!bytes.empty()) {
    const char* at = bytes.data();
    std::string_view rest = bytes;
    if (!SkipString(rest)) return false;
    if (!SkipString(rest)) return false;
    const std::string_view name = ReadString(at);
    if (name <= last || ReadString(at).empty()) return false;
    last = name;
    bytes = rest;
  }
  return true;
}

std::size_t Labels::size() const {
  std::size_t count = 0;
  for (auto it = begin(); it != end(); ++it) ++count;
  return count;
}

std::string_view Labels::Get(std::string_view name) const {
  for (const LabelView label : *this) {
    if (label.name == name) return label.value;
    if (label.name > name) break;
  }
  return {};
}

bool Labels::Has(std::string_view name) const { return !Get(name).empty(); }

std::uint64_t Labels::Hash() const { return XXH64(data_.data(), data_.size(), 0); }

Labels Labels::Keep(const std::vector<std::string>& names) const {
  assert(std::is_sorted(names.begin(), names.end()));
  Labels out;
  auto wanted = names.begin();
  for (const LabelView label : *this) {
    while (wanted != names.end() && *wanted < label.name) ++wanted;
    if (wanted == names.end()) break;
    if (*wanted == label.name) Append(out.data_, label.name, label.value);
  }
  return out;
}

Labels Labels::Drop(const std::vector<std::string>& names) const {
  assert(std::is_sorted(names.begin(), names.end()));
  Labels out;
  out.data_.reserve(data_.size());
  auto unwanted = names.begin();
  const char* const end = data_.data() + data_.size();
  const char* kept = data_.data();  // From here on nothing is dropped so far.
  for (const char* at = kept; at != end && unwanted != names.end();) {
    const char* const start = at;
    const std::string_view name = ReadString(at);
    ReadString(at);
    while (unwanted != names.end() && *unwanted < name) ++unwanted;
    if (unwanted == names.end() || *unwanted != name) continue;
    out.data_.append(kept, start);
    kept = at;
  }
  out.data_.append(kept, end);
  return out;
}

Labels Labels::WithoutMetricName() const {
  Labels out;
  out.data_.reserve(data_.size());
  for (const LabelView label : *this) {
    if (label.name != kMetricName) Append(out.data_, label.name, label.value);
  }
  return out;
}

std::strong_ordering Labels::operator<=>(const Labels& other) const {
  // Labels before the first byte that differs are equal: they need no decoding.
  const std::size_t equal = EqualBytes(data_, other.data_);
  const char* a = data_.data();
  const char* const end = a + data_.size();
  const char* b = other.data_.data();
  const char* const other_end = b + other.data_.size();
  while (a != end && b != other_end) {
    const char* const start = a;
    const std::string_view name = ReadString(a);
    const std::string_view value = ReadString(a);
    if (static_cast<std::size_t>(a - data_.data()) <= equal) {
      b += a - start;
      continue;
    }
    const std::string_view other_name = ReadString(b);
    const std::string_view other_value = ReadString(b);
    if (const auto order = LabelView{name, value} <=> LabelView{other_name, other_value}; std::is_neq(order))
      return order;
  }
  return (a != end) <=> (b != other_end);
}

std::string Labels::ToString() const {
  const std::string_view name = metric_name();
  const bool bare_name = IsLegacyMetricName(name);
  std::string out(bare_name ? name : std::string_view());
  std::string inner;
  const auto add = [&inner](const std::string& text) { inner.append(inner.empty() ? "" : ", ").append(text); };
  if (!name.empty() && !bare_name) add(Quoted(name));
  for (const LabelView label : *this) {
    if (label.name == kMetricName) continue;
    add(fmt::format("{}={}", IsLegacyLabelName(label.name) ? std::string(label.name) : Quoted(label.name),
                    Quoted(label.value)));
  }
  if (inner.empty() && !out.empty()) return out;
  return out + "{" + inner + "}";
}

void Labels::Append(std::string& out, std::string_view name, std::string_view value) {
  AppendString(out, name);
  AppendString(out, value);
}

void LabelsBuilder::Reset(const Labels& base) {
  labels_.clear();
  for (const LabelView label : base) labels_.emplace_back(label.name, label.value);
}

LabelsBuilder& LabelsBuilder::Set(std::string_view name, std::string_view value) {
  const auto at = std::lower_bound(labels_.begin(), labels_.end(), name,
                                   [](const auto& label, std::string_view wanted) { return label.first < wanted; });
  const bool found = at != labels_.end() && at->first == name;
  if (value.empty()) {
    if (found) labels_.erase(at);
  } else if (found) {
    at->second = value;
  } else {
    labels_.emplace(at, name, value);
  }
  return *this;
}

LabelsBuilder& LabelsBuilder::Delete(std::string_view name) { return Set(name, {}); }

std::string_view LabelsBuilder::Get(std::string_view name) const {
  for (const auto& [label, value] : labels_) {
    if (label == name) return value;
  }
  return {};
}

Labels LabelsBuilder::Build() const {
  Labels out;
  for (const auto& [name, value] : labels_) Labels::Append(out.data_, name, value);
  return out;
}

bool IsLegacyMetricName(std::string_view name) {
  if (name.empty() || IsDigit(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c) || c == ':'; });
}

bool IsLegacyLabelName(std::string_view name) {
  if (name.empty() || IsDigit(name[0])) return false;
  return std::all_of(name.begin(), name.end(), [](char c) { return IsLetter(c) || IsDigit(c); });
}

bool IsValidUtf8(std::string_view text) {
  std::uint32_t rune = 0;
  while (!text.empty()) {
    const std::size_t size = DecodeRune(text, &rune);
    if (size == 0) return false;
    text.remove_prefix(size);
  }
  return true;
}

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    std::uint32_t rune = 0;
    const std::size_t size = DecodeRune(text, &rune);
    if (size == 0) {
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[0]));
      text.remove_prefix(1);
      continue;
    }
    constexpr std::string_view kPlain = "\a\b\f\n\r\t\v\"\\";
    constexpr std::string_view kEscaped = "abfnrtv\"\\";
    const std::size_t escape = size == 1 ? kPlain.find(text[0]) : std::string_view::npos;
    if (escape != std::string_view::npos) {
      out.append(1, '\\').append(1, kEscaped[escape]);
    } else if (rune < 0x20 || rune == 0x7f) {
      out += fmt::format("\\x{:02x}", rune);
    } else if (rune == 0xfeff || (rune >= 0x80 && rune < 0xa0) || rune == 0xad || (rune >= 0x2028 && rune <= 0x2029)) {
      out += fmt::format("\\u{:04x}", rune);
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out + "\"";
}

}  // namespace vigia::storage
