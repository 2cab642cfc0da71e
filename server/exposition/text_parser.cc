#include "server/exposition/text_parser.h"

#include <algorithm>
#include <charconv>

#include "server/exposition/number.h"

namespace vigia::server {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

EntryKind TextParser::Next() {
  for (;;) {
    StartEntry();
    SkipBlanks();
    start_ = position_;
    if (AtEnd()) return EntryKind::kEof;
    const char c = body_[position_];
    if (c == '\n') {
      EndLine();
      continue;
    }
    if (c == '\0') return EntryKind::kEof;  // The reference stops here without an error, whatever follows.
    if (c == '#') return ReadComment();
    return ReadSeries();
  }
}

bool TextParser::TrySeries(std::string_view series) {
  const std::string_view rest = body_.substr(position_);
  if (rest.size() <= series.size() || !StartsWith(rest, series)) return false;
  if (series.back() != '}' && !IsBlank(rest[series.size()])) return false;
  const std::size_t before = position_;
  const std::size_t line_before = next_line_number_;
  StartEntry();
  position_ += series.size();
  if (ReadPlainSuffix() || ReadSuffix() == nullptr) {
    series_ = rest.substr(0, series.size());
    return true;
  }
  position_ = before;
  next_line_number_ = line_before;
  return false;
}

EntryKind TextParser::ReadComment() {
  ++position_;
  const bool spaced = IsBlank(Peek());
  SkipBlanks();
  if (spaced && HasWord("HELP")) return ReadMeta(EntryKind::kHelp);
  if (spaced && HasWord("TYPE")) return ReadMeta(EntryKind::kType);
  while (!AtLineEnd()) {
    if (!spaced && body_[position_] == '\0') return EntryKind::kEof;
    ++position_;
  }
  EndLine();
  return EntryKind::kComment;
}

EntryKind TextParser::ReadMeta(EntryKind kind) {
  position_ += 4;
  SkipBlanks();
  if (!ReadMetaName()) return Fail("expected metric name after HELP or TYPE");
  const std::size_t line_end = std::min(body_.find('\n', position_), body_.size());
  const std::string_view rest = body_.substr(position_, line_end - position_);
  text_ = std::all_of(rest.begin(), rest.end(), IsBlank) ? std::string_view() : rest.substr(1);
  if (kind == EntryKind::kType && !SetType(text_, false)) return Fail("invalid metric type");
  if (kind == EntryKind::kHelp && !storage::IsValidUtf8(text_)) return Fail("expected help text in UTF-8");
  position_ = line_end;
  EndLine();
  return kind;
}

EntryKind TextParser::ReadSeries() {
  labels_.clear();
  name_ = ReadMetricName();
  has_name_ = !name_.empty();
  if (!has_name_ && Peek() != '{') return Fail("expected a valid start token");
  std::size_t series_end = position_;
  SkipBlanks();
  if (Peek() == '{') {
    ++position_;
    if (!ReadLabels({.blanks = true, .newline_in_value = true}, labels_)) return EntryKind::kError;
    series_end = position_;
  }
  if (!has_name_) return Fail("metric name not set");
  series_ = body_.substr(start_, series_end - start_);
  if (const char* expected = ReadSuffix()) return Fail(expected);
  return EntryKind::kSeries;
}

const char* TextParser::ReadSuffix() {
  if (ReadPlainSuffix()) return nullptr;
  SkipBlanks();
  const std::size_t from = position_;
  while (!AtLineEnd() && !IsBlank(body_[position_]) && body_[position_] != '{') ++position_;
  const std::optional<double> value = ParseGoFloat(body_.substr(from, position_ - from));
  if (!value) return position_ == from ? "expected value after metric" : "expected a number as value";
  value_ = *value;
  timestamp_ms_.reset();
  SkipBlanks();
  if (!AtLineEnd()) {
    const char* begin = body_.data() + position_;
    const char* end = body_.data() + body_.size();
    if (*begin == '-') return "expected timestamp or new record";  // Digits only: times before 1970 are refused.
    storage::TimestampMs timestamp = 0;
    const auto [stop, code] = std::from_chars(begin, end, timestamp);
    if (code != std::errc()) return "expected timestamp or new record";
    timestamp_ms_ = timestamp;
    position_ += static_cast<std::size_t>(stop - begin);
    SkipBlanks();
    if (!AtLineEnd()) return "expected next entry after timestamp";
  }
  EndLine();
  return nullptr;
}

void TextParser::EndLine() {
  if (!AtEnd()) ++position_;
  ++next_line_number_;
}

bool TextParser::HasWord(std::string_view word) const {
  const std::string_view rest = body_.substr(position_);
  return rest.size() > word.size() && rest.starts_with(word) && IsBlank(rest[word.size()]);
}

}  // namespace vigia::server
