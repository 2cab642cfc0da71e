#include "tests/promqltest/test_file.h"

#include <utility>

#include <fmt/format.h>
#include <re2/re2.h>

#include "promql/parser/literal.h"
#include "promql/parser/parse.h"
#include "tests/promqltest/numbers.h"

namespace vigia::promqltest {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

// Takes the first word and the spaces behind it off the front.
std::string_view TakeWord(std::string_view& text) {
  const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = Trimmed(text.substr(end));
  return word;
}

// Like a Go literal: 0x1F, 0b1, 1_000, -1.5e3, Inf.
std::optional<double> ParseGoNumber(std::string_view text) {
  const bool negative = text.starts_with('-');
  if (negative || text.starts_with('+')) text.remove_prefix(1);
  if (text.empty() || text.find_first_of(" \t{") != std::string_view::npos) return std::nullopt;
  const Result<double> value = promql::ParseNumber(text);
  if (!value) return std::nullopt;
  return negative ? -*value : *value;
}

class FileParser {
 public:
  explicit FileParser(std::string_view text) {
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view line = Trimmed(text.substr(0, end));
      lines_.push_back(line.starts_with('#') ? std::string_view() : line);
      text.remove_prefix(std::min(end + 1, text.size()));
    }
  }

  Result<std::vector<Command>> Parse() {
    std::vector<Command> commands;
    while (at_ < lines_.size()) {
      if (lines_[at_].empty()) {
        ++at_;
        continue;
      }
      const int line = static_cast<int>(at_) + 1;
      std::string_view rest = lines_[at_++];
      const std::string_view word = TakeWord(rest);
      const Status parsed = word == "clear"            ? AddClear(commands, line)
                            : word.starts_with("load") ? AddLoad(commands, line, word, rest)
                            : word.starts_with("eval") ? AddEval(commands, line, word, rest)
                                                       : Invalid("unknown command");
      if (!parsed) return storage::Prefixed(parsed.error(), fmt::format("line {}", at_));
    }
    return commands;
  }

 private:
  static Error Invalid(std::string_view what) { return {Errc::kInvalid, std::string(what)}; }

  bool InBlock() const { return at_ < lines_.size() && !lines_[at_].empty(); }

  static Status AddClear(std::vector<Command>& commands, int line) {
    commands.push_back({line, Clear{}});
    return {};
  }

  Status AddLoad(std::vector<Command>& commands, int line, std::string_view word, std::string_view rest) {
    Load load;
    load.with_nhcb = word == "load_with_nhcb";
    if (!load.with_nhcb && word != "load") return Invalid("unknown command");
    const std::optional<DurationMs> step = ParseSignedDuration(rest);
    if (!step) return Invalid("bad step");
    load.step_ms = *step;
    while (InBlock()) {
      Result<SeriesLine> series = ParseSeriesLine(lines_[at_++]);
      if (!series) return series.error();
      load.series.push_back(std::move(*series));
    }
    commands.push_back({line, std::move(load)});
    return {};
  }

  Status AddEval(std::vector<Command>& commands, int line, std::string_view word, std::string_view rest) {
    Eval eval;
    if (Status head = ParseHead(eval, word, rest); !head) return head;
    while (InBlock()) {
      const std::string_view text = lines_[at_++];
      bool last = false;
      if (Status parsed = ParseExpectation(eval, text, last); !parsed) return parsed;
      if (last) break;
    }
    if (eval.range_vector) eval.times = {eval.range_vector->end_ms, eval.range_vector->end_ms, 0};
    commands.push_back({line, std::move(eval)});
    return {};
  }

  static Status ParseHead(Eval& eval, std::string_view word, std::string_view rest) {
    if (word == "eval_fail") {
      eval.fail = true;
    } else if (word == "eval_warn") {
      eval.warn.some = true;
    } else if (word == "eval_info") {
      eval.info.some = true;
    } else if (word == "eval_ordered") {
      eval.ordered = true;
    } else if (word != "eval") {
      return Invalid("unknown command");
    }
    const std::string_view kind = TakeWord(rest);
    if (kind == "range") {
      eval.is_range = true;
      if (Status times = TakeTimes(rest, eval.times); !times) return times;
    } else if (kind != "instant") {
      return Invalid("eval is neither instant nor range");
    } else if (rest.starts_with("at ")) {
      TakeWord(rest);
      const std::optional<DurationMs> at = ParseSignedDuration(TakeWord(rest));
      if (!at) return Invalid("bad time");
      eval.times = {*at, *at, 0};
    }
    eval.expr = rest;
    return {};
  }

  // "from A to B step S", and leaves what follows.
  static Status TakeTimes(std::string_view& rest, TimeRange& times) {
    std::optional<DurationMs> values[3];
    constexpr std::string_view kWords[] = {"from", "to", "step"};
    for (std::size_t i = 0; i < 3; ++i) {
      if (TakeWord(rest) != kWords[i]) return Invalid("expected from A to B step S");
      values[i] = ParseSignedDuration(TakeWord(rest));
      if (!values[i]) return Invalid("bad time");
    }
    times = {*values[0], *values[1], *values[2]};
    return {};
  }

  static Status ParseExpectation(Eval& eval, std::string_view text, bool& last) {
    std::string_view rest = text;
    const std::string_view word = TakeWord(rest);
    if (word == "expect") return ParseExpect(eval, rest);
    if (word == "expected_fail_message" || word == "expected_fail_regexp") {
      eval.fail_message = MessagePattern{word == "expected_fail_regexp", std::string(rest)};
      last = true;
      return {};
    }
    if (const std::optional<double> number = ParseGoNumber(text)) {
      eval.scalar = *number;
      last = true;
      return {};
    }
    Result<SeriesLine> series = ParseSeriesLine(text);
    if (!series) return series.error();
    eval.series.push_back(std::move(*series));
    return {};
  }

  static Status ParseExpect(Eval& eval, std::string_view rest) {
    const std::string_view what = TakeWord(rest);
    if (what == "ordered") return eval.ordered = true, Status();
    if (what == "no_warn") return eval.warn.none = true, Status();
    if (what == "no_info") return eval.info.none = true, Status();
    if (what == "string") {
      Result<std::string> value = promql::Unquote(rest);
      if (!value) return value.error();
      eval.string = std::move(*value);
      return {};
    }
    if (what == "range" && TakeWord(rest) == "vector") return TakeTimes(rest, eval.range_vector.emplace());
    std::optional<MessagePattern> pattern;
    if (!rest.empty()) {
      const bool regex = rest.starts_with("regex:");
      if (!regex && !rest.starts_with("msg:")) return Invalid("expected msg: or regex:");
      pattern = MessagePattern{regex, std::string(Trimmed(rest.substr(rest.find(':') + 1)))};
    }
    if (what == "fail") {
      eval.fail = true;
      eval.fail_message = std::move(pattern);
      return {};
    }
    if (what != "warn" && what != "info") return Invalid("unknown expectation");
    AnnotationExpectation& level = what == "warn" ? eval.warn : eval.info;
    if (!pattern) return level.some = true, Status();
    level.patterns.push_back(std::move(*pattern));
    return {};
  }

  std::vector<std::string_view> lines_;
  std::size_t at_ = 0;
};

}  // namespace

bool MessagePattern::Matches(const std::string& message) const {
  return regex ? re2::RE2::PartialMatch(message, text) : message == text;
}

Result<std::vector<Command>> ParseTestFile(std::string_view text) { return FileParser(text).Parse(); }

}  // namespace vigia::promqltest
