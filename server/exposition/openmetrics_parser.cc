#include "server/exposition/openmetrics_parser.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "server/exposition/number.h"

namespace vigia::server {
namespace {

constexpr const char* kNoEof = "data does not end with # EOF";

}  // namespace

EntryKind OpenMetricsParser::Next() {
  StartEntry();
  if (broken_line_end_) return Fail("expected timestamp or new record");
  if (AtEnd()) return Fail(kNoEof);
  if (body_[position_] == '#') return ReadDescriptor();
  return ReadSeries();
}

bool OpenMetricsParser::TrySeries(std::string_view series) {
  if (broken_line_end_) return false;
  const std::string_view rest = body_.substr(position_);
  if (rest.size() <= series.size() || !StartsWith(rest, series) || rest[series.size()] != ' ') return false;
  const std::size_t before = position_;
  const std::size_t line_before = next_line_number_;
  StartEntry();
  position_ += series.size();
  if (ReadSuffix() == nullptr) {
    series_ = rest.substr(0, series.size());
    return true;
  }
  position_ = before;
  next_line_number_ = line_before;
  error_.clear();
  return false;
}

EntryKind OpenMetricsParser::ReadDescriptor() {
  const std::string_view rest = body_.substr(position_);
  if (rest.starts_with("# EOF")) {
    position_ += 5;
    EndLine();
    return AtEnd() ? EntryKind::kEof : Fail("unexpected data after # EOF");
  }
  if (rest.starts_with("# HELP ")) return ReadMeta(EntryKind::kHelp);
  if (rest.starts_with("# TYPE ")) return ReadMeta(EntryKind::kType);
  if (rest.starts_with("# UNIT ")) return ReadMeta(EntryKind::kUnit);
  return Fail("expected a valid start token");
}

EntryKind OpenMetricsParser::ReadMeta(EntryKind kind) {
  position_ += 7;
  if (!ReadMetaName()) return Fail("expected metric name after HELP, TYPE or UNIT");
  const std::size_t line_end = body_.find('\n', position_);
  if (Peek() != ' ' || line_end == std::string_view::npos) return Fail("expected text in HELP, TYPE or UNIT");
  text_ = body_.substr(position_ + 1, line_end - position_ - 1);
  if (kind == EntryKind::kType && !SetType(text_, true)) return Fail("invalid metric type");
  if (kind == EntryKind::kHelp && !storage::IsValidUtf8(text_)) return Fail("expected help text in UTF-8");
  if (kind == EntryKind::kUnit && !UnitFits()) return Fail("expected unit to be a suffix of the metric name");
  position_ = line_end;
  EndLine();
  return kind;
}

bool OpenMetricsParser::UnitFits() const {
  if (text_.empty()) return true;
  return family_.size() > text_.size() && family_.ends_with(text_) && family_[family_.size() - text_.size() - 1] == '_';
}

EntryKind OpenMetricsParser::ReadSeries() {
  labels_.clear();
  name_ = ReadMetricName();
  has_name_ = !name_.empty();
  if (!has_name_ && Peek() != '{') return Fail("expected a valid start token");
  if (Peek() == '{') {
    ++position_;
    if (!ReadLabels({.comma_required = true}, labels_)) return EntryKind::kError;
  }
  if (!has_name_) return Fail("metric name not set");
  series_ = body_.substr(start_, position_ - start_);
  if (const char* expected = ReadSuffix()) return Fail(expected);
  return EntryKind::kSeries;
}

const char* OpenMetricsParser::ReadSuffix() {
  if (ReadPlainSuffix()) return nullptr;
  has_exemplar_ = false;
  timestamp_ms_.reset();
  const std::optional<double> value = ParseGoFloat(ReadSpacedToken());
  if (!value) return "expected value after metric";
  value_ = *value;
  const std::string_view rest = body_.substr(position_);
  if (!rest.starts_with('\n') && !rest.starts_with(" # {")) {
    if (rest.empty()) return kNoEof;
    broken_line_end_ = rest[0] != ' ' || rest.size() == 1 || rest[1] == ' ' || rest[1] == '\n';
    if (broken_line_end_) return nullptr;
    storage::TimestampMs timestamp = 0;
    if (const char* expected = ReadSeconds(&timestamp)) return expected;
    timestamp_ms_ = timestamp;
  }
  if (EndLine()) return nullptr;
  if (!body_.substr(position_).starts_with(" # {")) return "expected next entry after timestamp";
  return ReadExemplar();
}

const char* OpenMetricsParser::ReadExemplar() {
  position_ += 4;
  exemplar_.labels.clear();
  exemplar_.timestamp_ms.reset();
  const LabelRules rules{.comma_required = true, .metric_name = false, .newline_in_name = false, .nul_in_value = false};
  if (!ReadLabels(rules, exemplar_.labels)) return "expected exemplar labels";
  const std::optional<double> value = ParseGoFloat(ReadSpacedToken());
  if (!value) return "expected value after exemplar labels";
  exemplar_.value = *value;
  if (AtEnd()) return kNoEof;
  if (Peek() == ' ') {
    storage::TimestampMs timestamp = 0;
    if (const char* expected = ReadSeconds(&timestamp)) return expected;
    exemplar_.timestamp_ms = timestamp;
  }
  if (!EndLine()) return "expected next entry after exemplar timestamp";
  has_exemplar_ = true;
  return nullptr;
}

std::string_view OpenMetricsParser::ReadSpacedToken() {
  if (Peek() != ' ') return {};
  const std::size_t from = position_ + 1;
  const std::size_t to = std::min(body_.find_first_of(" \n", from), body_.size());
  if (to == from) return {};
  position_ = to;
  return body_.substr(from, to - from);
}

const char* OpenMetricsParser::ReadSeconds(storage::TimestampMs* timestamp_ms) {
  const std::optional<double> seconds = ParseGoFloat(ReadSpacedToken());
  if (!seconds) return "expected timestamp";
  if (!std::isfinite(*seconds)) return "invalid timestamp";
  constexpr double kLimit = 9.2e18;  // Just inside the type: a cast from further out is undefined.
  *timestamp_ms = static_cast<storage::TimestampMs>(std::clamp(*seconds * 1000, -kLimit, kLimit));
  return nullptr;
}

bool OpenMetricsParser::EndLine() {
  if (Peek() != '\n') return false;
  ++position_;
  ++next_line_number_;
  return true;
}

}  // namespace vigia::server
