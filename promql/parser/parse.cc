#include "promql/parser/parse.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "promql/parser/parser.h"
#include "promql/parser/position.h"
#include "promql/parser/selector.h"
#include "promql/parser/type_check.h"

namespace vigia::promql {

storage::Result<ExprPtr> ParseExpr(std::string_view text, const ParserOptions& options) {
  Parser parser(text, options);
  ExprPtr expr = parser.ParseWholeExpr();
  if (!expr) return parser.TakeError();
  if (const std::optional<TypeError> error = CheckTypes(*expr)) {
    return storage::Error{storage::Errc::kInvalid,
                          fmt::format("{}: parse error: {}", PositionText(text, error->at), error->message)};
  }
  return expr;
}

storage::Result<std::vector<storage::Matcher>> ParseSelector(std::string_view text) {
  Parser parser(text, {});
  std::optional<VectorSelector> selector = parser.ParseWholeSelector();
  if (!selector) return parser.TakeError();
  return std::move(selector->matchers);
}

storage::Result<std::vector<storage::Matcher>> ParseMetricSelector(std::string_view text) {
  auto matchers = ParseSelector(text);
  if (matchers && std::ranges::all_of(*matchers, [](const storage::Matcher& m) { return m.MatchesEmpty(); })) {
    return storage::Error{storage::Errc::kInvalid, "match[] must contain at least one non-empty matcher"};
  }
  return matchers;
}

storage::Result<storage::Labels> ParseMetric(std::string_view text) {
  Parser parser(text, {});
  std::optional<storage::Labels> labels = parser.ParseWholeMetric();
  if (!labels) return parser.TakeError();
  return std::move(*labels);
}

}  // namespace vigia::promql
