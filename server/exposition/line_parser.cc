#include "server/exposition/line_parser.h"

#include <algorithm>
#include <cassert>

#include <fmt/format.h>

#include "server/exposition/number.h"

namespace vigia::server {
namespace {

using storage::LabelView;

constexpr std::size_t kNumberBytes = 32;  // More than any double takes as text.
constexpr std::size_t kShownBytes = 200;  // Of a line, in an error.

bool IsNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool IsNameByte(char c) { return IsNameStart(c) || (c >= '0' && c <= '9'); }

// Appends `raw` with \n, \\ and, if asked, \" resolved; other backslashes stay.
void Unescape(std::string_view raw, bool quotes, std::string& out) {
  for (std::size_t i = 0; i < raw.size(); ++i) {
    const char next = i + 1 < raw.size() ? raw[i + 1] : '\0';
    if (raw[i] == '\\' && (next == '\\' || next == 'n' || (quotes && next == '"'))) {
      out.push_back(next == 'n' ? '\n' : next);
      ++i;
    } else {
      out.push_back(raw[i]);
    }
  }
}

// `raw` itself, or its unescaped copy in `scratch`. REQUIRES: scratch has room for it, so that earlier views stay good.
std::string_view Resolved(std::string_view raw, std::string& scratch) {
  if (raw.find('\\') == std::string_view::npos) return raw;
  const std::size_t from = scratch.size();
  Unescape(raw, true, scratch);
  return std::string_view(scratch).substr(from);
}

void Reserve(std::size_t bytes, std::size_t labels, std::string& scratch) {
  scratch.clear();
  scratch.reserve(bytes + labels * kNumberBytes);
}

}  // namespace

bool LineParser::TryPlain(std::string_view upcoming) {
  const std::size_t before = position_;
  position_ += upcoming.size();
  if (!ReadPlainSuffix()) {
    position_ = before;
    return false;
  }
  start_ = before;
  line_number_ = next_line_number_ - 1;
  series_ = upcoming;
  return true;
}

bool LineParser::TryLine(std::string_view line, std::optional<MetricType> type) {
  if (!StartsWith(body_.substr(position_), line)) return false;
  StartEntry();
  position_ += line.size();
  ++next_line_number_;
  if (type) type_ = *type;
  return true;
}

std::string LineParser::help() const {
  std::string out;
  out.reserve(text_.size());
  Unescape(text_, help_escapes_quotes_, out);
  return out;
}

void LineParser::AppendLabels(std::vector<LabelView>& out, std::string& scratch) const {
  Reserve(series_.size(), labels_.size(), scratch);
  out.push_back({storage::kMetricName, Resolved(name_, scratch)});
  for (const RawLabel& label : labels_) Append(label.name, label.value, out, scratch);
}

void LineParser::AppendExemplarLabels(const RawExemplar& exemplar, std::vector<LabelView>& out,
                                      std::string& scratch) const {
  std::size_t bytes = 0;
  for (const RawLabel& label : exemplar.labels) bytes += label.name.size() + label.value.size();
  Reserve(bytes, exemplar.labels.size(), scratch);
  for (const RawLabel& label : exemplar.labels) {
    const std::string_view name = Resolved(label.name, scratch);
    out.push_back({name, Resolved(label.value, scratch)});
  }
}

void LineParser::Append(std::string_view raw_name, std::string_view raw_value, std::vector<LabelView>& out,
                        std::string& scratch) const {
  const std::string_view name = Resolved(raw_name, scratch);
  std::string_view value = Resolved(raw_value, scratch);
  if ((type_ == MetricType::kHistogram && name == "le") || (type_ == MetricType::kSummary && name == "quantile")) {
    if (const std::optional<double> number = ParseGoFloat(value)) {
      const std::size_t from = scratch.size();
      scratch += FormatOpenMetricsFloat(*number);
      value = std::string_view(scratch).substr(from);
    }
  }
  out.push_back({name, value});
}

void LineParser::StartEntry() {
  start_ = position_;
  line_number_ = next_line_number_;
}

EntryKind LineParser::Fail(std::string_view expected) {
  if (error_.empty()) {
    const std::size_t got_end = std::min(body_.size(), position_ + 1);
    const std::size_t got_begin = std::min(position_, got_end);
    const std::size_t from = std::max(start_, got_end > kShownBytes ? got_end - kShownBytes : 0);
    error_ = fmt::format("line {}: {}, got {} while parsing: {}", line_number_, expected,
                         storage::Quoted(body_.substr(got_begin, got_end - got_begin)),
                         storage::Quoted(body_.substr(from, got_end - from)));
  }
  return EntryKind::kError;
}

void LineParser::SkipBlanks() {
  while (position_ < body_.size() && (body_[position_] == ' ' || body_[position_] == '\t')) ++position_;
}

bool LineParser::ReadPlainSuffix() {
  if (Peek() != ' ') return false;
  double value = 0;
  const std::size_t size = ReadPlainNumber(body_.substr(position_ + 1), value);
  const std::size_t line_end = position_ + 1 + size;
  if (size == 0 || line_end >= body_.size() || body_[line_end] != '\n') return false;
  value_ = value;
  timestamp_ms_.reset();
  has_exemplar_ = false;
  position_ = line_end + 1;
  ++next_line_number_;
  return true;
}

std::string_view LineParser::ReadMetricName() {
  const std::size_t from = position_;
  if (IsNameStart(Peek()) || Peek() == ':') {
    while (position_ < body_.size() && (IsNameByte(body_[position_]) || body_[position_] == ':')) ++position_;
  }
  return body_.substr(from, position_ - from);
}

bool LineParser::ReadQuoted(bool newline, bool nul, std::string_view* inside) {
  assert(Peek() == '"');
  const std::size_t from = position_ + 1;
  for (std::size_t i = from; i < body_.size(); ++i) {
    const char c = body_[i];
    if (c == '"') {
      *inside = body_.substr(from, i - from);
      position_ = i + 1;
      return true;
    }
    if (c == '\\') {
      ++i;
      if (i < body_.size() && body_[i] == '\n') return false;
    } else if ((c == '\n' && !newline) || (c == '\0' && !nul)) {
      return false;
    }
    if (c == '\n') ++next_line_number_;
  }
  return false;
}

bool LineParser::ReadLabelName(const LabelRules& rules, std::string_view* name, bool* quoted) {
  *quoted = Peek() == '"';
  if (*quoted) return ReadQuoted(rules.newline_in_name, false, name);
  const std::size_t from = position_;
  if (!IsNameStart(Peek())) return false;
  while (position_ < body_.size() && IsNameByte(body_[position_])) ++position_;
  *name = body_.substr(from, position_ - from);
  return true;
}

bool LineParser::ReadLabels(const LabelRules& rules, std::vector<RawLabel>& labels) {
  const auto skip = [&] {
    if (rules.blanks) SkipBlanks();
  };
  const auto fail = [&](std::string_view expected) { return Fail(expected), false; };
  for (skip(); Peek() != '}'; skip()) {
    RawLabel label;
    bool quoted = false;
    if (!ReadLabelName(rules, &label.name, &quoted)) return fail("expected label name");
    skip();
    if (quoted && rules.metric_name && (Peek() == ',' || Peek() == '}')) {
      if (has_name_) return fail("metric name already set");
      has_name_ = true;
      name_ = label.name;
      if (Peek() == ',') ++position_;
      continue;
    }
    if (Peek() != '=') return fail("expected equal");
    ++position_;
    skip();
    if (Peek() != '"' || !ReadQuoted(rules.newline_in_value, rules.nul_in_value, &label.value)) {
      return fail("expected label value");
    }
    if (!storage::IsValidUtf8(label.value)) return fail("expected label value in UTF-8");
    labels.push_back(label);
    skip();
    if (Peek() == ',') {
      ++position_;
    } else if (rules.comma_required && Peek() != '}') {
      return fail("expected comma or brace close");
    }
  }
  ++position_;
  return true;
}

bool LineParser::ReadMetaName() {
  if (Peek() == '"') return ReadQuoted(true, false, &family_);
  family_ = ReadMetricName();
  return !family_.empty();
}

bool LineParser::SetType(std::string_view word, bool openmetrics) {
  using enum MetricType;
  if (word == "counter") return type_ = kCounter, true;
  if (word == "gauge") return type_ = kGauge, true;
  if (word == "histogram") return type_ = kHistogram, true;
  if (word == "summary") return type_ = kSummary, true;
  if (word == (openmetrics ? "unknown" : "untyped")) return type_ = kUnknown, true;
  if (openmetrics && word == "gaugehistogram") return type_ = kGaugeHistogram, true;
  if (openmetrics && word == "info") return type_ = kInfo, true;
  if (openmetrics && word == "stateset") return type_ = kStateset, true;
  return false;
}

}  // namespace vigia::server
