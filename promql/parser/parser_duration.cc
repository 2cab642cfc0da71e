#include <cmath>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "promql/parser/parser.h"
#include "promql/parser/precedence.h"

namespace vigia::promql {
namespace {

using Op = DurationExpr::Op;

// The reference holds durations as nanoseconds in 64 bits.
constexpr double kLongestSeconds = 9223372036854775808.0 / 1e9;

bool OutOfRange(double seconds) { return !(seconds <= kLongestSeconds && seconds >= -kLongestSeconds); }

std::optional<Op> DurationOpOf(BinaryOp op) {
  if (op == BinaryOp::kAdd) return Op::kAdd;
  if (op == BinaryOp::kSub) return Op::kSub;
  if (op == BinaryOp::kMul) return Op::kMul;
  if (op == BinaryOp::kDiv) return Op::kDiv;
  if (op == BinaryOp::kMod) return Op::kMod;
  if (op == BinaryOp::kPow) return Op::kPow;
  return std::nullopt;
}

bool IsZeroLiteral(const DurationExpr& expr) { return expr.op == Op::kLiteral && expr.seconds == 0; }

bool IsSign(TokenType type) { return type == TokenType::kAdd || type == TokenType::kSub; }
bool IsLiteral(TokenType type) { return type == TokenType::kNumber || type == TokenType::kDuration; }

}  // namespace

DurationMs DurationLiteralMs(double seconds) {
  const double ns = std::round(seconds * 1e9);
  constexpr double kEnd = 9223372036854775808.0;  // 2^63
  if (ns >= kEnd) return std::numeric_limits<std::int64_t>::max() / 1'000'000;
  if (ns < -kEnd) return std::numeric_limits<std::int64_t>::min() / 1'000'000;
  return static_cast<std::int64_t>(ns) / 1'000'000;
}

DurationExprPtr Parser::NewDuration(Op op, PosRange pos, DurationExprPtr lhs, DurationExprPtr rhs) {
  // A limit on nodes also bounds the depth.
  if (++duration_nodes_ > kMaxExprDepth) {
    TooDeep();
    return nullptr;
  }
  auto expr = std::make_unique<DurationExpr>();
  expr->op = op;
  expr->pos = pos;
  expr->lhs = std::move(lhs);
  expr->rhs = std::move(rhs);
  return expr;
}

bool Parser::PositiveDuration(const Context& context, Duration& out) {
  duration_nodes_ = 0;
  DurationExprPtr expr = DurationBinary(context, kLowestPrecedence);
  if (!expr) return false;
  if (expr->op != Op::kLiteral) {
    out.expr = std::move(expr);
    return true;
  }
  if (expr->seconds <= 0) return Fail(expr->pos, "duration must be greater than 0");
  out.ms = DurationLiteralMs(expr->seconds);
  return true;
}

DurationExprPtr Parser::DurationBinary(const Context& context, int min_precedence) {
  if (nesting_ >= kMaxExprDepth) {
    TooDeep();
    return nullptr;
  }
  ++nesting_;
  DurationExprPtr lhs = DurationUnary(context);
  while (lhs) {
    const std::optional<BinaryOp> binary = BinaryOpOf(current_.type);
    const std::optional<Op> op = binary ? DurationOpOf(*binary) : std::nullopt;
    if (!op || PrecedenceOf(*binary) < min_precedence) break;
    const Token token = current_;
    Advance();
    const int precedence = PrecedenceOf(*binary);
    DurationExprPtr rhs = DurationBinary(context, *op == Op::kPow ? precedence : precedence + 1);
    if (rhs && IsZeroLiteral(*rhs) && *op == Op::kDiv) Fail(token.range(), "division by zero");
    if (rhs && IsZeroLiteral(*rhs) && *op == Op::kMod) Fail(token.range(), "modulo by zero");
    if (!rhs || failed_) {
      lhs = nullptr;
      break;
    }
    const PosRange pos{lhs->pos.start, rhs->pos.end};
    lhs = NewDuration(*op, pos, std::move(lhs), std::move(rhs));
  }
  --nesting_;
  return lhs;
}

DurationExprPtr Parser::DurationUnary(const Context& context) {
  if (!IsSign(current_.type)) return DurationPrimary(context);
  const Token op = current_;
  Advance();
  return Negated(op, DurationBinary(context, kPowPrecedence));
}

// The operand with its sign. A plus vanishes.
DurationExprPtr Parser::Negated(const Token& op, DurationExprPtr operand) {
  if (!operand) return nullptr;
  const bool negative = op.type == TokenType::kSub;
  const PosRange pos{op.pos, operand->pos.end};
  if (operand->op == Op::kLiteral) {
    if (negative) operand->seconds = -operand->seconds;
    operand->parenthesised = false;
    operand->pos = pos;
    return operand;
  }
  return negative ? NewDuration(Op::kNegate, pos, std::move(operand), nullptr) : std::move(operand);
}

DurationExprPtr Parser::DurationPrimary(const Context& context) {
  if (IsLiteral(current_.type)) return DurationLiteral();
  if (Is(TokenType::kLeftParen)) return DurationParen(context);
  if (IsFunctionWord(current_.type) && !Is(TokenType::kStart) && !Is(TokenType::kStop)) return DurationCall(context);
  Unexpected(context);
  return nullptr;
}

DurationExprPtr Parser::DurationLiteral() {
  const Token token = current_;
  const std::optional<double> seconds = NumberValue(token);
  if (!seconds) return nullptr;
  if (OutOfRange(*seconds)) {
    Fail(token.range(), "duration out of range");
    return nullptr;
  }
  Advance();
  DurationExprPtr expr = NewDuration(Op::kLiteral, token.range(), nullptr, nullptr);
  if (!expr) return nullptr;
  expr->seconds = *seconds;
  expr->written_as_duration = token.type == TokenType::kDuration;
  return expr;
}

DurationExprPtr Parser::DurationParen(const Context& context) {
  const Token open = current_;
  Advance();
  DurationExprPtr inner = DurationBinary(context, kLowestPrecedence);
  if (!inner || !Expect(TokenType::kRightParen, context)) return nullptr;
  inner->parenthesised = true;
  inner->pos = {open.pos, taken_end_};
  return inner;
}

// step(), range(), min_of(a, b), max_of(a, b).
DurationExprPtr Parser::DurationCall(const Context& context) {
  const Token name = current_;
  Advance();
  if (!Expect(TokenType::kLeftParen, context)) return nullptr;
  const bool has_operands = name.type == TokenType::kMinOf || name.type == TokenType::kMaxOf;
  DurationExprPtr lhs, rhs;
  if (has_operands) {
    lhs = DurationBinary(context, kLowestPrecedence);
    if (!lhs || !Expect(TokenType::kComma, context)) return nullptr;
    rhs = DurationBinary(context, kLowestPrecedence);
    if (!rhs) return nullptr;
  }
  if (!Expect(TokenType::kRightParen, context)) return nullptr;
  const Op op = has_operands ? (name.type == TokenType::kMinOf ? Op::kMinOf : Op::kMaxOf)
                             : (name.type == TokenType::kStep ? Op::kStep : Op::kRange);
  return NewDuration(op, {name.pos, taken_end_}, std::move(lhs), std::move(rhs));
}

// Behind `offset` a literal, a call or a signed one of them stands alone: foo offset -2^2 is (foo offset -2)^2. Only an
// unsigned parenthesis opens an expression that may go on behind it.
DurationExprPtr Parser::OffsetDuration() {
  const Context context{"offset", "number, duration, step(), or range()"};
  duration_nodes_ = 0;
  if (Is(TokenType::kLeftParen)) return DurationBinary(context, kLowestPrecedence);
  if (!IsSign(current_.type)) return DurationPrimary(context);
  const Token op = current_;
  Advance();
  return Negated(op, IsSign(current_.type) ? DurationBinary(context, kPowPrecedence) : DurationPrimary(context));
}

}  // namespace vigia::promql
