#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "promql/parser/parser.h"

namespace vigia::promql {
namespace {

using storage::Matcher;
using storage::MatchType;

std::optional<MatchType> MatchTypeOf(TokenType type) {
  if (type == TokenType::kEqual) return MatchType::kEqual;
  if (type == TokenType::kNe) return MatchType::kNotEqual;
  if (type == TokenType::kMatchRegex) return MatchType::kRegex;
  if (type == TokenType::kMatchNotRegex) return MatchType::kNotRegex;
  return std::nullopt;
}

bool HasOffset(const Modifiers& modifiers) { return modifiers.offset_ms != 0 || modifiers.offset_expr != nullptr; }

// As Go's %f.
std::string FixedText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{:f}", value);
}

constexpr std::string_view kMatching = "label matching";
constexpr std::string_view kLabelSet = "label set";

}  // namespace

std::optional<VectorSelector> Parser::ParseWholeSelector() {
  ExprPtr expr;
  if (Is(TokenType::kLeftBrace)) {
    expr = UnnamedSelector();
  } else if (IsMetricName(current_.type)) {
    const Token name = current_;
    Advance();
    expr = NamedSelector(name);
  } else {
    Unexpected();
  }
  if (expr && !Is(TokenType::kEnd)) Unexpected();
  if (failed_) return std::nullopt;
  return std::move(*expr->As<VectorSelector>());
}

std::optional<storage::Labels> Parser::ParseWholeMetric() {
  storage::LabelsBuilder labels;
  std::string_view name;
  if (IsMetricName(current_.type)) {
    name = current_.text;
    Advance();
  }
  if (Is(TokenType::kLeftBrace) && !LabelSet(labels)) return std::nullopt;
  if (!name.empty()) labels.Set(storage::kMetricName, name);
  if (!Is(TokenType::kEnd)) Unexpected();
  if (failed_) return std::nullopt;
  return labels.Build();
}

ExprPtr Parser::NamedSelector(const Token& name) {
  VectorSelector selector;
  selector.name = name.text;
  if (Is(TokenType::kLeftBrace) && !Matchers(selector)) return nullptr;
  selector.matchers.push_back(Matcher::Equal(std::string(storage::kMetricName), selector.name));
  return Make(std::move(selector), {name.pos, taken_end_});
}

ExprPtr Parser::UnnamedSelector() {
  const std::uint32_t start = current_.pos;
  VectorSelector selector;
  if (!Matchers(selector)) return nullptr;
  return Make(std::move(selector), {start, taken_end_});
}

bool Parser::Matchers(VectorSelector& selector) {
  Advance();
  while (!Is(TokenType::kRightBrace)) {
    if (!OneMatcher(selector)) return false;
    if (Is(TokenType::kRightBrace)) break;
    if (!Expect(TokenType::kComma, {kMatching, "\",\" or \"}\""})) return false;
  }
  Advance();
  return true;
}

bool Parser::OneMatcher(VectorSelector& selector) {
  const Token label = current_;
  std::string name(label.text);
  const bool quoted = label.type == TokenType::kString;
  if (quoted) {
    std::optional<std::string> value = StringValue(label);
    if (!value) return false;
    name = std::move(*value);
  } else if (label.type != TokenType::kIdentifier) {
    return Unexpected({kMatching, "identifier or \"}\""});
  }
  Advance();
  const std::optional<MatchType> type = MatchTypeOf(current_.type);
  if (!type) {
    if (!quoted) return Unexpected({kMatching, "label matching operator"});
    selector.matchers.push_back(Matcher::Equal(std::string(storage::kMetricName), std::move(name)));
    return true;
  }
  Advance();
  if (!Is(TokenType::kString)) return Unexpected({kMatching, "string"});
  std::optional<std::string> value = StringValue(current_);
  if (!value) return false;
  storage::Result<Matcher> matcher = Matcher::Create(*type, std::move(name), std::move(*value));
  if (!matcher) return Fail({label.pos, current_.range().end}, matcher.error().what);
  selector.matchers.push_back(std::move(*matcher));
  Advance();
  return true;
}

bool Parser::LabelSet(storage::LabelsBuilder& labels) {
  Advance();
  while (!Is(TokenType::kRightBrace)) {
    if (!LabelSetItem(labels)) return false;
    if (Is(TokenType::kRightBrace)) break;
    if (!Expect(TokenType::kComma, {kLabelSet, "\",\" or \"}\""})) return false;
  }
  Advance();
  return true;
}

bool Parser::LabelSetItem(storage::LabelsBuilder& labels) {
  const Token label = current_;
  std::string name(label.text);
  const bool quoted = label.type == TokenType::kString;
  if (quoted) {
    std::optional<std::string> value = StringValue(label);
    if (!value) return false;
    name = std::move(*value);
  } else if (label.type != TokenType::kIdentifier) {
    return Unexpected({kLabelSet, "identifier or \"}\""});
  }
  Advance();
  if (!Is(TokenType::kEqual)) {
    if (!quoted) return Unexpected({kLabelSet, "\"=\""});
    labels.Set(storage::kMetricName, name);
    return true;
  }
  Advance();
  if (!Is(TokenType::kString)) return Unexpected({kLabelSet, "string"});
  const std::optional<std::string> value = StringValue(current_);
  if (!value) return false;
  labels.Set(name, *value);
  Advance();
  return true;
}

ExprPtr Parser::Postfix(ExprPtr expr) {
  while (expr) {
    bool good = true;
    if (Is(TokenType::kLeftBracket)) {
      expr = Bracket(std::move(expr));
    } else if (Is(TokenType::kOffset)) {
      good = Offset(*expr);
    } else if (Is(TokenType::kAt)) {
      good = At(*expr);
    } else if (Is(TokenType::kAnchored)) {
      good = Extension(*expr, RangeExtension::kAnchored);
    } else if (Is(TokenType::kSmoothed)) {
      good = Extension(*expr, RangeExtension::kSmoothed);
    } else {
      break;
    }
    if (!good) return nullptr;
  }
  return expr;
}

ExprPtr Parser::Bracket(ExprPtr expr) {
  const Token open = current_;
  Advance();
  Duration range;
  if (!PositiveDuration({"subquery or range selector", "number, duration, step(), or range()"}, range)) return nullptr;
  if (Is(TokenType::kRightBracket)) return RangeSelector(std::move(expr), open, std::move(range));
  if (!Expect(TokenType::kColon, {"subquery or range", "\":\" or \"]\""})) return nullptr;
  return Subquery(std::move(expr), std::move(range));
}

ExprPtr Parser::RangeSelector(ExprPtr expr, const Token& open, Duration range) {
  const PosRange brackets{open.pos, current_.range().end};
  auto* selector = expr->As<VectorSelector>();
  std::string_view error;
  if (selector == nullptr) {
    error = "ranges only allowed for vector selectors";
  } else if (HasOffset(selector->modifiers)) {
    error = "no offset modifiers allowed before range";
  } else if (selector->modifiers.at != AtAnchor::kNone) {
    error = "no @ modifiers allowed before range";
  }
  if (!error.empty()) {
    Fail(brackets, std::string(error));
    return nullptr;
  }
  Advance();
  MatrixSelector node;
  node.selector = std::move(*selector);
  node.selector_pos = expr->pos;
  node.range_ms = range.ms;
  node.range_expr = std::move(range.expr);
  return Make(std::move(node), {expr->pos.start, taken_end_});
}

ExprPtr Parser::Subquery(ExprPtr expr, Duration range) {
  const std::uint32_t start = expr->pos.start;
  SubqueryExpr node;
  node.expr = std::move(expr);
  node.range_ms = range.ms;
  node.range_expr = std::move(range.expr);
  if (!Is(TokenType::kRightBracket)) {
    Duration step;
    if (!PositiveDuration({"subquery selector", "number, duration, step(), range(), or \"]\""}, step)) return nullptr;
    node.step_ms = step.ms;
    node.step_expr = std::move(step.expr);
  }
  if (!Expect(TokenType::kRightBracket, {"subquery selector", "\"]\""})) return nullptr;
  return Make(std::move(node), {start, taken_end_});
}

// The modifiers of what `modifier` may follow, else null with an error.
Modifiers* Parser::ModifiersFor(Expr& expr, std::string_view modifier) {
  if (auto* selector = expr.As<VectorSelector>()) return &selector->modifiers;
  if (auto* matrix = expr.As<MatrixSelector>()) return &matrix->selector.modifiers;
  if (auto* subquery = expr.As<SubqueryExpr>()) return &subquery->modifiers;
  Fail(expr.pos, fmt::format("{} modifier must be preceded by an instant vector selector or range vector selector or a "
                             "subquery",
                             modifier));
  return nullptr;
}

bool Parser::Offset(Expr& expr) {
  Advance();
  DurationExprPtr duration = OffsetDuration();
  if (!duration) return false;
  Modifiers* modifiers = ModifiersFor(expr, "offset");
  if (modifiers == nullptr) return false;
  if (HasOffset(*modifiers)) return Fail(expr.pos, "offset may not be set multiple times");
  modifiers->has_offset = true;
  if (duration->op == DurationExpr::Op::kLiteral) {
    modifiers->offset_ms = DurationLiteralMs(duration->seconds);
  } else {
    modifiers->offset_expr = std::move(duration);
  }
  expr.pos.end = taken_end_;
  return true;
}

bool Parser::At(Expr& expr) {
  const Context context{"@", "timestamp"};
  Advance();
  if (Is(TokenType::kStart) || Is(TokenType::kStop)) {
    const AtAnchor anchor = Is(TokenType::kStart) ? AtAnchor::kStart : AtAnchor::kEnd;
    Advance();
    if (!Expect(TokenType::kLeftParen, context) || !Expect(TokenType::kRightParen, context)) return false;
    Modifiers* modifiers = ModifiersFor(expr, "@");
    if (modifiers == nullptr) return false;
    if (modifiers->at != AtAnchor::kNone) return Fail(expr.pos, "@ <timestamp> may not be set multiple times");
    modifiers->at = anchor;
    expr.pos.end = taken_end_;
    return true;
  }
  const bool negative = Is(TokenType::kSub);
  if (negative || Is(TokenType::kAdd)) Advance();
  if (!Is(TokenType::kNumber) && !Is(TokenType::kDuration)) return Unexpected(context);
  const std::optional<double> seconds = NumberValue(current_);
  if (!seconds) return false;
  Advance();
  return AtTimestamp(expr, negative ? -*seconds : *seconds);
}

bool Parser::AtTimestamp(Expr& expr, double seconds) {
  constexpr double kEnd = 9223372036854775808.0;  // 2^63, first double beyond an int64.
  const double ms = std::round(seconds * 1000);
  if (!(ms < kEnd && ms > -kEnd)) {
    return Fail(expr.pos, "timestamp out of bounds for @ modifier: " + FixedText(seconds));
  }
  Modifiers* modifiers = ModifiersFor(expr, "@");
  if (modifiers == nullptr) return false;
  if (modifiers->at != AtAnchor::kNone) return Fail(expr.pos, "@ <timestamp> may not be set multiple times");
  modifiers->at = AtAnchor::kTimestamp;
  modifiers->at_ms = static_cast<TimestampMs>(ms);
  expr.pos.end = taken_end_;
  return true;
}

bool Parser::Extension(Expr& expr, RangeExtension extension) {
  const std::string_view name = extension == RangeExtension::kAnchored ? "anchored" : "smoothed";
  if (!options_.extended_range_selectors) {
    return Fail(expr.pos, fmt::format("{} modifier is experimental and not enabled", name));
  }
  if (expr.As<SubqueryExpr>()) return Fail(expr.pos, fmt::format("{} modifier is not supported for subqueries", name));
  auto* selector = expr.As<VectorSelector>();
  if (auto* matrix = expr.As<MatrixSelector>()) selector = &matrix->selector;
  if (selector == nullptr) return Fail(expr.pos, fmt::format("{} modifier not implemented", name));
  if (selector->extension != RangeExtension::kNone && selector->extension != extension) {
    return Fail(expr.pos, "anchored and smoothed modifiers cannot be used together");
  }
  selector->extension = extension;
  Advance();
  return true;
}

}  // namespace vigia::promql
