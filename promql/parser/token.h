// The words of PromQL (surface.md 4.1; Prometheus promql/parser/lex.go).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "promql/parser/ast.h"

namespace vigia::promql {

// Grouped: the predicates below rely on the order.
enum class TokenType {
  kError,
  kEnd,
  kIdentifier,
  kMetricIdentifier,
  kNumber,
  kDuration,
  kString,
  kComma,
  kColon,
  kEqual,
  kLeftParen,
  kRightParen,
  kLeftBrace,
  kRightBrace,
  kLeftBracket,
  kRightBracket,
  // Operators.
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kTrimUpper,
  kTrimLower,
  kAnd,
  kOr,
  kUnless,
  kMatchRegex,
  kMatchNotRegex,
  kAt,
  // Aggregations, in the order of AggregateOp.
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kCountValues,
  kQuantile,
  kLimitk,
  kLimitRatio,
  // Keywords.
  kBool,
  kBy,
  kWithout,
  kOn,
  kIgnoring,
  kGroupLeft,
  kGroupRight,
  kFill,
  kFillLeft,
  kFillRight,
  kOffset,
  kAnchored,
  kSmoothed,
  // Words that are functions as well; kStop is `end`.
  kStart,
  kStop,
  kStep,
  kRange,
  kMinOf,
  kMaxOf,
};

// `text` views the query. For kError it is the message and lives as long as the lexer.
struct Token {
  TokenType type = TokenType::kEnd;
  std::uint32_t pos = 0;
  std::string_view text;

  PosRange range() const { return {pos, pos + static_cast<std::uint32_t>(text.size())}; }
};

// As "unexpected ..." names it: identifier "foo", <op:+>, <by>, <aggr:sum>, "(", end of input.
std::string Describe(const Token& token);

// The type of a word; kNumber for inf and nan. Any case.
std::optional<TokenType> FindKeyword(std::string_view word);

constexpr bool IsOperator(TokenType t) { return t >= TokenType::kAdd && t <= TokenType::kAt; }
constexpr bool IsAggregator(TokenType t) { return t >= TokenType::kSum && t <= TokenType::kLimitRatio; }
constexpr bool IsKeyword(TokenType t) { return t >= TokenType::kBool && t <= TokenType::kSmoothed; }
constexpr bool IsFunctionWord(TokenType t) { return t >= TokenType::kStart && t <= TokenType::kMaxOf; }

// May stand where a metric name is expected outside of braces.
bool IsMetricName(TokenType t);
// May stand in by(), on() and the like.
bool IsLabelName(TokenType t);
// Whether an expression may begin with it.
bool StartsExpr(TokenType t);

std::optional<BinaryOp> BinaryOpOf(TokenType t);
AggregateOp AggregateOpOf(TokenType t);  // REQUIRES: IsAggregator(t).

}  // namespace vigia::promql
