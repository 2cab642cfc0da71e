// A .test file as a list of commands. Notation: the README beside Prometheus' conformance cases.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/timestamp.h"
#include "tests/promqltest/notation.h"

namespace vigia::promqltest {

using storage::DurationMs;
using storage::TimestampMs;

struct Clear {};

struct Load {
  DurationMs step_ms = 0;
  bool with_nhcb = false;
  std::vector<SeriesLine> series;
};

// What a message must be: equal to the text, or matched (somewhere) by the regular expression.
struct MessagePattern {
  bool regex = false;
  std::string text;
  bool Matches(const std::string& message) const;
};

// What is expected of the annotations of one level.
struct AnnotationExpectation {
  bool none = false;
  bool some = false;
  std::vector<MessagePattern> patterns;  // Each matches one at least, and all annotations are matched by one.
};

struct TimeRange {
  TimestampMs start_ms = 0;
  TimestampMs end_ms = 0;
  DurationMs step_ms = 0;
};

struct Eval {
  bool is_range = false;
  TimeRange times;  // An instant eval has start == end.
  std::string expr;

  bool fail = false;
  std::optional<MessagePattern> fail_message;
  AnnotationExpectation warn, info;
  bool ordered = false;

  // Of these at most one is set; otherwise the result must be `series`.
  std::optional<std::string> string;
  std::optional<double> scalar;
  std::optional<TimeRange> range_vector;
  std::vector<SeriesLine> series;
};

struct Command {
  int line = 0;  // From 1.
  std::variant<Clear, Load, Eval> what;
};

// The error's text begins with "line N: ".
storage::Result<std::vector<Command>> ParseTestFile(std::string_view text);

}  // namespace vigia::promqltest
