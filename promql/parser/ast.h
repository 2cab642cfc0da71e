// The tree of a PromQL expression. Nodes are owned by their parent, carry the byte range they came from, and know their
// type after ParseExpr() has checked them. Grammar: surface.md 4.1-4.3 (Prometheus promql/parser/ast.go).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::promql {

using storage::DurationMs;
using storage::TimestampMs;

enum class ValueType { kNone, kScalar, kVector, kMatrix, kString };

// "scalar", "instant vector", "range vector", "string": the words of error messages.
std::string_view DocumentedName(ValueType type);

// Bytes [start, end) of the query text.
struct PosRange {
  std::uint32_t start = 0;
  std::uint32_t end = 0;
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

enum class BinaryOp {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,  // Arithmetic.
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kTrimUpper,
  kTrimLower,  // Comparison; the trims are `</` and `>/`.
  kAnd,
  kOr,
  kUnless,  // Sets.
};
std::string_view ToString(BinaryOp op);
bool IsComparison(BinaryOp op);  // Not the trims.
bool IsSetOperator(BinaryOp op);

enum class AggregateOp {
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
};
std::string_view ToString(AggregateOp op);
bool HasParameter(AggregateOp op);
bool IsExperimental(AggregateOp op);

enum class Cardinality { kOneToOne, kManyToOne, kOneToMany, kManyToMany };

struct VectorMatching {
  Cardinality card = Cardinality::kOneToOne;
  bool on = false;                   // on(labels) or ignoring(labels).
  std::vector<std::string> labels;   // As written.
  std::vector<std::string> include;  // group_left/group_right labels.
  std::optional<double> fill_left, fill_right;
};

// A duration as written where one is expected: `5m`, `300`, `step() * 2`. A plain literal is resolved by the parser; an
// expression of step()/range() is resolved when the query's start, end and step are known.
struct DurationExpr {
  enum class Op { kLiteral, kAdd, kSub, kMul, kDiv, kMod, kPow, kNegate, kPlus, kStep, kRange, kMinOf, kMaxOf };
  Op op = Op::kLiteral;
  double seconds = 0;                // For kLiteral.
  bool written_as_duration = false;  // For kLiteral: `5m` rather than `300`, for the printer.
  bool parenthesised = false;
  std::unique_ptr<DurationExpr> lhs, rhs;  // One operand stands in lhs.
  PosRange pos;
};
using DurationExprPtr = std::unique_ptr<DurationExpr>;

enum class AtAnchor { kNone, kTimestamp, kStart, kEnd };

// What may follow a selector or a subquery.
struct Modifiers {
  DurationMs offset_ms = 0;  // Valid when offset_expr is null.
  DurationExprPtr offset_expr;
  bool has_offset = false;
  AtAnchor at = AtAnchor::kNone;
  TimestampMs at_ms = 0;  // For kTimestamp.
};

struct NumberLiteral {
  double value = 0;
  bool written_as_duration = false;
};

struct StringLiteral {
  std::string value;
};

enum class RangeExtension { kNone, kAnchored, kSmoothed };

struct VectorSelector {
  std::string name;                        // Metric name when written before the braces, else "".
  std::vector<storage::Matcher> matchers;  // All of them, the one for `name` included (last).
  Modifiers modifiers;
  RangeExtension extension = RangeExtension::kNone;  // Written on the vector selector or, for ranges, after the range.
};

struct MatrixSelector {
  VectorSelector selector;  // Modifiers and extension are the selector's.
  PosRange selector_pos;
  DurationMs range_ms = 0;  // Valid when range_expr is null.
  DurationExprPtr range_expr;
};

struct SubqueryExpr {
  ExprPtr expr;
  DurationMs range_ms = 0;  // Valid when range_expr is null.
  DurationExprPtr range_expr;
  DurationMs step_ms = 0;  // 0 = default. Valid when step_expr is null.
  DurationExprPtr step_expr;
  Modifiers modifiers;
};

struct ParenExpr {
  ExprPtr expr;
};

struct UnaryExpr {
  bool negative = false;
  ExprPtr expr;
};

struct BinaryExpr {
  BinaryOp op = BinaryOp::kAdd;
  ExprPtr lhs, rhs;
  bool return_bool = false;
  std::optional<VectorMatching> matching;  // Set when both sides are vectors.
  PosRange op_pos;
};

struct AggregateExpr {
  AggregateOp op = AggregateOp::kSum;
  ExprPtr expr;
  ExprPtr param;  // For the operators with a parameter, else null.
  bool without = false;
  std::vector<std::string> grouping;  // As written.
};

struct FunctionSignature;  // promql/parser/function_signature.h: name, argument types, variadic, result type,
                           // experimental.

struct Call {
  const FunctionSignature* function = nullptr;  // Points into a constant table.
  std::vector<ExprPtr> args;
};

struct Expr {
  using Node = std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, SubqueryExpr, ParenExpr,
                            UnaryExpr, BinaryExpr, AggregateExpr, Call>;
  Node node;
  PosRange pos;
  ValueType type = ValueType::kNone;  // Set by the parser.
  int depth = 1;                      // Levels of the tree under this node, itself included; at most kMaxExprDepth.

  template <class T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
  template <class T>
  T* As() {
    return std::get_if<T>(&node);
  }
};

}  // namespace vigia::promql
