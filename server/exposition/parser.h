// Pull parser of a scraped body: one entry per call, everything a view into the body. Accepts what Prometheus accepts
// (surface.md 5.3 and 5.4), which is more than the specifications say in some places and less in others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

enum class MetricType : std::uint8_t {
  kUnknown,
  kCounter,
  kGauge,
  kHistogram,
  kGaugeHistogram,
  kSummary,
  kInfo,
  kStateset,
};

// The word of the metadata APIs: "unknown", "counter", ...
std::string_view ToString(MetricType type);

enum class EntryKind : std::uint8_t { kType, kHelp, kUnit, kComment, kSeries, kEof, kError };

// A label as it stands in the body, escapes not resolved.
struct RawLabel {
  std::string_view name;
  std::string_view value;
};

struct RawExemplar {
  std::vector<RawLabel> labels;
  double value = 0;
  std::optional<storage::TimestampMs> timestamp_ms;
};

// Thread-compatible. The body must outlive the parser and every view taken from it; views stay good after Next().
class ExpositionParser {
 public:
  virtual ~ExpositionParser() = default;

  // Moves to the next entry. After kEof and kError it must not be called again.
  virtual EntryKind Next() = 0;

  // Shortcut for a series that the caller expects next. When the body goes on with exactly the bytes `series` (a
  // series() of an earlier body of the same format) and a valid rest of the line, the result is that of Next()
  // returning kSeries, except that labels are not looked at: AppendLabels() must not be called. False: nothing moved,
  // call Next().
  virtual bool TrySeries(std::string_view series) = 0;

  // Shortcut for a line that is no series: when the body goes on with the bytes `line` (a line() of an earlier body),
  // skips it. `type` is the type that a # TYPE line announces, nothing for other lines. False: nothing moved, call
  // Next().
  bool TryLine(std::string_view line, std::optional<MetricType> type);

  // Of kType, kHelp and kUnit.
  std::string_view family() const { return family_; }
  MetricType type() const { return type_; }  // Of the last # TYPE, whatever came since.
  std::string help() const;                  // Escapes resolved.
  std::string_view unit() const { return text_; }

  // Of kSeries.
  std::string_view series() const { return series_; }  // Name and labels with braces, as in the body.
  double value() const { return value_; }              // A NaN is kNormalNan.
  std::optional<storage::TimestampMs> timestamp_ms() const { return timestamp_ms_; }
  const RawExemplar* exemplar() const { return has_exemplar_ ? &exemplar_ : nullptr; }

  // Appends __name__ and the labels, in the body's order, escapes resolved, le and quantile in OpenMetrics form where
  // the last type is histogram or summary. Empty values and duplicates are left to the caller. Views point into the
  // body or into `scratch`, which is overwritten.
  void AppendLabels(std::vector<storage::LabelView>& out, std::string& scratch) const;
  // The same for the exemplar. REQUIRES: exemplar() != nullptr.
  void AppendExemplarLabels(std::vector<storage::LabelView>& out, std::string& scratch) const;

  // The line of the current entry with its line feed, if it has one.
  std::string_view line() const { return body_.substr(start_, position_ - start_); }
  std::size_t line_number() const { return line_number_; }  // Of the current entry, from 1.
  const std::string& error() const { return error_; }       // Of kError.

 protected:
  // Where the two formats differ inside braces.
  struct LabelRules {
    bool blanks = false;          // Spaces and tabs may stand between tokens.
    bool comma_required = false;  // Between two labels.
    bool metric_name = true;      // A quoted string alone is the metric's name.
    bool newline_in_name = true;  // In a quoted label name.
    bool newline_in_value = false;
    bool nul_in_value = true;
  };

  ExpositionParser(std::string_view body, bool help_escapes_quotes)
      : body_(body), help_escapes_quotes_(help_escapes_quotes) {}

  void StartEntry();
  EntryKind Fail(std::string_view expected);
  bool AtEnd() const { return position_ >= body_.size(); }
  char Peek() const { return AtEnd() ? '\0' : body_[position_]; }
  void SkipBlanks();
  // The common rest of a line: one space, a plain number, a line feed. False: nothing moved.
  bool ReadPlainSuffix();
  std::string_view ReadMetricName();                                  // "" when there is none.
  bool ReadQuoted(bool newline, bool nul, std::string_view* inside);  // At a quote; moves past the closing one.
  // After the opening brace; moves past the closing one. False: error_ is set.
  bool ReadLabels(const LabelRules& rules, std::vector<RawLabel>& labels);
  bool ReadMetaName();
  bool SetType(std::string_view word, bool openmetrics);

  const std::string_view body_;
  const bool help_escapes_quotes_;
  std::size_t position_ = 0;
  std::size_t start_ = 0;
  std::size_t line_number_ = 0;
  std::size_t next_line_number_ = 1;

  std::string_view family_;
  std::string_view text_;
  MetricType type_ = MetricType::kUnknown;
  std::string_view series_;
  bool has_name_ = false;
  std::string_view name_;
  std::vector<RawLabel> labels_;
  double value_ = 0;
  std::optional<storage::TimestampMs> timestamp_ms_;
  bool has_exemplar_ = false;
  RawExemplar exemplar_;
  std::string error_;

 private:
  bool ReadLabelName(const LabelRules& rules, std::string_view* name, bool* quoted);
  void Append(std::string_view name, std::string_view value, std::vector<storage::LabelView>& out,
              std::string& scratch) const;
};

}  // namespace vigia::server
