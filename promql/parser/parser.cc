#include "promql/parser/parser.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "promql/parser/literal.h"
#include "promql/parser/position.h"
#include "promql/parser/precedence.h"
#include "promql/parser/type_check.h"
#include "promql/parser/walk.h"

namespace vigia::promql {

Parser::Parser(std::string_view text, const ParserOptions& options) : text_(text), options_(options), lexer_(text) {
  if (text.size() > kMaxQueryBytes) {
    Fail({}, fmt::format("query is longer than {} bytes", kMaxQueryBytes));
    current_.type = TokenType::kError;
  } else {
    current_ = lexer_.Next();
    if (Is(TokenType::kError)) Fail({current_.pos, current_.pos}, std::string(current_.text));
  }
}

ExprPtr Parser::ParseWholeExpr() {
  if (Is(TokenType::kEnd)) {
    Fail({}, "no expression found in input");
    return nullptr;
  }
  ExprPtr expr = Binary(kLowestPrecedence);
  if (!expr) return nullptr;
  if (!Is(TokenType::kEnd)) Unexpected();
  return failed_ ? nullptr : std::move(expr);
}

storage::Error Parser::TakeError() {
  return {storage::Errc::kInvalid,
          fmt::format("{}: parse error: {}", PositionText(text_, error_pos_.start), std::move(error_))};
}

bool Parser::Fail(PosRange pos, std::string message) {
  if (!failed_) {
    failed_ = true;
    error_pos_ = pos;
    error_ = std::move(message);
  }
  return false;
}

bool Parser::Unexpected(const Context& context) {
  std::string message = "unexpected " + Describe(current_);
  // The operands of an aggregation are part of it; only what stands deeper has a context of its own.
  const std::string_view where = context.where.empty() && aggregation_nesting_ > 0 ? "aggregation" : context.where;
  if (!where.empty()) message.append(" in ").append(where);
  if (!context.expected.empty()) message.append(", expected ").append(context.expected);
  return Fail(current_.range(), std::move(message));
}

bool Parser::TooDeep() {
  return Fail(current_.range(), fmt::format("expression is nested deeper than {} levels", kMaxExprDepth));
}

void Parser::Advance() {
  taken_end_ = current_.range().end;
  current_ = lexer_.Next();
  if (Is(TokenType::kError)) Fail({current_.pos, current_.pos}, std::string(current_.text));
}

bool Parser::Expect(TokenType type, const Context& context) {
  if (!Is(type)) return Unexpected(context);
  Advance();
  return true;
}

ExprPtr Parser::Make(Expr::Node node, PosRange pos) {
  auto expr = std::make_unique<Expr>(Expr{.node = std::move(node), .pos = pos});
  expr->type = TypeOf(expr->node);
  ForEachChild(*expr, [&expr](const Expr& child) { expr->depth = std::max(expr->depth, child.depth + 1); });
  if (expr->depth <= kMaxExprDepth) return expr;
  TooDeep();
  return nullptr;
}

ExprPtr Parser::Binary(int min_precedence) {
  if (nesting_ >= kMaxExprDepth) {
    TooDeep();
    return nullptr;
  }
  ++nesting_;
  ExprPtr lhs = Unary();
  while (lhs) {
    const std::optional<BinaryOp> op = BinaryOpOf(current_.type);
    if (!op) break;
    const int precedence = PrecedenceOf(*op);
    if (precedence < min_precedence) break;
    BinaryExpr node;
    node.op = *op;
    node.op_pos = current_.range();
    Advance();
    if (!BinaryModifiers(node)) {
      lhs = nullptr;
      break;
    }
    ExprPtr rhs = Binary(*op == BinaryOp::kPow ? precedence : precedence + 1);
    lhs = rhs ? NewBinary(std::move(lhs), std::move(node), std::move(rhs)) : nullptr;
  }
  --nesting_;
  return lhs;
}

ExprPtr Parser::NewBinary(ExprPtr lhs, BinaryExpr node, ExprPtr rhs) {
  const PosRange pos{lhs->pos.start, rhs->pos.end};
  if (!options_.binop_fill_modifiers && (node.matching->fill_left || node.matching->fill_right)) {
    Fail(pos, "binop fill modifiers are experimental and not enabled");
    return nullptr;
  }
  node.lhs = std::move(lhs);
  node.rhs = std::move(rhs);
  return Make(std::move(node), pos);
}

// A sign binds as `*` does: only powers stay inside. On a literal it makes a literal.
ExprPtr Parser::Unary() {
  if (!Is(TokenType::kAdd) && !Is(TokenType::kSub)) return Postfix(Primary());
  const Token op = current_;
  const bool negative = Is(TokenType::kSub);
  Advance();
  ExprPtr operand = Binary(kPowPrecedence);
  if (!operand) return nullptr;
  if (auto* number = operand->As<NumberLiteral>()) {
    if (negative) number->value = -number->value;
    operand->pos.start = op.pos;
    return operand;
  }
  const PosRange pos{op.pos, operand->pos.end};
  return Make(UnaryExpr{negative, std::move(operand)}, pos);
}

ExprPtr Parser::Primary() {
  const Token token = current_;
  if (Is(TokenType::kNumber) || Is(TokenType::kDuration)) return NumberOrDuration();
  if (Is(TokenType::kString)) return String();
  if (Is(TokenType::kLeftParen)) return Paren();
  if (Is(TokenType::kLeftBrace)) return UnnamedSelector();
  if (!IsMetricName(token.type)) {
    Unexpected();
    return nullptr;
  }
  Advance();
  if (IsAggregator(token.type)) {
    const bool aggregates = Is(TokenType::kLeftParen) || Is(TokenType::kBy) || Is(TokenType::kWithout);
    return aggregates ? Aggregation(token) : NamedSelector(token);
  }
  const bool may_be_called = token.type == TokenType::kIdentifier || IsFunctionWord(token.type);
  return may_be_called && Is(TokenType::kLeftParen) ? FunctionCall(token) : NamedSelector(token);
}

ExprPtr Parser::Paren() {
  const Token open = current_;
  Advance();
  ExprPtr inner = Binary(kLowestPrecedence);
  if (!inner || !Expect(TokenType::kRightParen, {})) return nullptr;
  return Make(ParenExpr{std::move(inner)}, {open.pos, taken_end_});
}

ExprPtr Parser::NumberOrDuration() {
  const Token token = current_;
  const std::optional<double> value = NumberValue(token);
  if (!value) return nullptr;
  Advance();
  return Make(NumberLiteral{*value, token.type == TokenType::kDuration}, token.range());
}

ExprPtr Parser::String() {
  const Token token = current_;
  std::optional<std::string> value = StringValue(token);
  if (!value) return nullptr;
  Advance();
  return Make(StringLiteral{std::move(*value)}, token.range());
}

std::optional<double> Parser::NumberValue(const Token& token) {
  if (token.type == TokenType::kNumber) {
    const storage::Result<double> number = ParseNumber(token.text);
    if (number) return *number;
    Fail(token.range(), "error parsing number: " + number.error().what);
    return std::nullopt;
  }
  const storage::Result<DurationMs> duration = ParseDuration(token.text);
  if (duration) return static_cast<double>(*duration) / 1000;
  Fail(token.range(), duration.error().what);
  return std::nullopt;
}

std::optional<std::string> Parser::StringValue(const Token& token) {
  storage::Result<std::string> value = Unquote(token.text);
  if (value) return std::move(*value);
  Fail(token.range(), fmt::format("error unquoting string {}: {}", storage::Quoted(token.text), value.error().what));
  return std::nullopt;
}

}  // namespace vigia::promql
