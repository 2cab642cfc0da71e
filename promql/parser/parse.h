// Query text to checked tree, and selectors alone.
#pragma once

#include <string_view>
#include <vector>

#include "promql/parser/ast.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"
#include "storage/model/matcher.h"

namespace vigia::promql {

// Which parts of the language that need a feature flag are accepted (surface.md 2.2). Others are refused by name.
struct ParserOptions {
  bool experimental_functions = false;    // promql-experimental-functions
  bool extended_range_selectors = false;  // promql-extended-range-selectors
  bool binop_fill_modifiers = false;      // promql-binop-fill-modifiers
};

// Deepest nesting and longest text accepted; beyond them the error says so.
inline constexpr int kMaxExprDepth = 500;
inline constexpr std::size_t kMaxQueryBytes = 1u << 20;

// Lexes, parses, checks types. The error's text is Prometheus': "1:5: parse error: unexpected ...".
storage::Result<ExprPtr> ParseExpr(std::string_view text, const ParserOptions& options = {});

// A vector selector such as up{job="a"} as its matchers; for match[] parameters. At least one matcher must not match
// "".
storage::Result<std::vector<storage::Matcher>> ParseMetricSelector(std::string_view text);

// name{l="v"} as labels, for test series and text formats.
storage::Result<storage::Labels> ParseMetric(std::string_view text);

// Prometheus durations: units y w d h m s ms from the largest on, each at most once, "0" alone allowed.
storage::Result<storage::DurationMs> ParseDuration(std::string_view text);
std::string FormatDuration(storage::DurationMs duration_ms);

}  // namespace vigia::promql
