// The expression of an instant case, pinned to its time: evaluated at any other time it must give the same.
#pragma once

#include <optional>
#include <string>

#include "promql/parser/parse.h"

namespace vigia::promqltest {

struct ExprTraits {
  // The expression with "@ <time>" on every selector and outermost subquery that has none. Empty when it calls a
  // function whose value depends on the time of evaluation even so.
  std::optional<std::string> pinned;
  // It contains start(), end(), range() or step(), so that it may differ between an instant and a range query.
  bool uses_query_range = false;
  // Parts of the language it needs, for lists of expected failures.
  bool experimental_functions = false;
  bool extended_ranges = false;
  bool fill = false;
  bool computed_durations = false;
};

// kInvalid when `expr` does not parse.
storage::Result<ExprTraits> Examine(const std::string& expr, const promql::ParserOptions& options,
                                    storage::TimestampMs at_ms);

}  // namespace vigia::promqltest
