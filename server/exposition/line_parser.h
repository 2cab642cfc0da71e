// What the two text formats have in common. They accept what Prometheus accepts (surface.md 5.3 and 5.4), which is more
// than the specifications say in some places and less in others.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/exposition/parser.h"

namespace vigia::server {

// Views stay good after Next(): all but what is in a caller's scratch memory points into the body.
class LineParser : public ExpositionParser {
 public:
  std::string_view Upcoming(std::size_t size) final {
    return position_ < body_.size() ? body_.substr(position_, size) : std::string_view();
  }
  bool TryPlain(std::string_view upcoming) override;
  bool TryLine(std::string_view line, std::optional<MetricType> type) override;
  std::string help() const override;
  std::span<const RawExemplar> exemplars() const override { return {&exemplar_, has_exemplar_ ? 1u : 0u}; }
  void AppendLabels(std::vector<storage::LabelView>& out, std::string& scratch) const override;
  void AppendExemplarLabels(const RawExemplar& exemplar, std::vector<storage::LabelView>& out,
                            std::string& scratch) const override;
  std::string_view line() const override { return body_.substr(start_, position_ - start_); }
  std::size_t line_number() const { return line_number_; }  // Of the current entry, from 1.

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

  LineParser(std::string_view body, bool help_escapes_quotes)
      : body_(body), help_escapes_quotes_(help_escapes_quotes) {}

  void StartEntry();
  EntryKind Fail(std::string_view expected);
  // Of a caller who passes what Upcoming() returned there is nothing to compare.
  static bool StartsWith(std::string_view rest, std::string_view bytes) {
    return rest.size() >= bytes.size() && (rest.data() == bytes.data() || rest.starts_with(bytes));
  }
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

  bool has_name_ = false;
  std::string_view name_;
  std::vector<RawLabel> labels_;
  bool has_exemplar_ = false;
  RawExemplar exemplar_;

 private:
  bool ReadLabelName(const LabelRules& rules, std::string_view* name, bool* quoted);
  void Append(std::string_view name, std::string_view value, std::vector<storage::LabelView>& out,
              std::string& scratch) const;
};

}  // namespace vigia::server
