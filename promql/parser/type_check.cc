#include "promql/parser/type_check.h"

#include <algorithm>
#include <type_traits>
#include <utility>

#include <fmt/format.h>

#include "promql/parser/function_signature.h"
#include "storage/model/labels.h"

namespace vigia::promql {
namespace {

// The bare words, which one message uses instead of the documented names.
std::string_view BareName(ValueType type) {
  switch (type) {
    case ValueType::kNone: return "none";
    case ValueType::kScalar: return "scalar";
    case ValueType::kVector: return "vector";
    case ValueType::kMatrix: return "matrix";
    case ValueType::kString: return "string";
  }
  return "";
}

bool IsScalarOrVector(ValueType type) { return type == ValueType::kScalar || type == ValueType::kVector; }

// Checks a tree, parents before (or after) children exactly as the reference does: its first error is what users see.
class Checker {
 public:
  void Check(Expr& expr, bool empty_matchers_allowed = false) {
    if (error_) return;
    std::visit(
        [&](auto& node) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(node)>, VectorSelector>) {
            CheckNode(expr, node, empty_matchers_allowed);
          } else {
            CheckNode(expr, node);
          }
        },
        expr.node);
  }

  std::optional<TypeError> TakeError() { return std::move(error_); }

 private:
  void Fail(PosRange pos, std::string message) {
    if (!error_) error_ = TypeError{pos.start, std::move(message)};
  }

  void Expect(Expr& expr, ValueType wanted, std::string_view context) {
    Check(expr);
    if (expr.type == wanted) return;
    Fail(expr.pos,
         fmt::format("expected type {} in {}, got {}", DocumentedName(wanted), context, DocumentedName(expr.type)));
  }

  void CheckNode(Expr&, NumberLiteral&) {}
  void CheckNode(Expr&, StringLiteral&) {}
  void CheckNode(Expr&, ParenExpr& node) { Check(*node.expr); }
  void CheckNode(Expr& expr, MatrixSelector& node) { CheckSelector(expr.pos, node.selector, false); }
  void CheckNode(Expr& expr, VectorSelector& node, bool empty_allowed) { CheckSelector(expr.pos, node, empty_allowed); }

  void CheckNode(Expr& expr, UnaryExpr& node) {
    Check(*node.expr);
    if (IsScalarOrVector(node.expr->type)) return;
    Fail(expr.pos,
         fmt::format("unary expression only allowed on expressions of type scalar or instant vector, got \"{}\"",
                     DocumentedName(node.expr->type)));
  }

  void CheckNode(Expr& expr, SubqueryExpr& node) {
    Check(*node.expr);
    if (node.expr->type == ValueType::kVector) return;
    Fail(expr.pos,
         fmt::format("subquery is only allowed on instant vector, got {} instead", BareName(node.expr->type)));
  }

  void CheckNode(Expr&, AggregateExpr& node) {
    Expect(*node.expr, ValueType::kVector, "aggregation expression");
    if (!node.param) return;
    const bool label = node.op == AggregateOp::kCountValues;
    Expect(*node.param, label ? ValueType::kString : ValueType::kScalar, "aggregation parameter");
  }

  void CheckNode(Expr& expr, BinaryExpr& node) {
    Check(*node.lhs);
    Check(*node.rhs);
    CheckModifiers(node);
    constexpr std::string_view kTypes = "binary expression must contain only scalar and instant vector types";
    if (!IsScalarOrVector(node.lhs->type)) Fail(node.lhs->pos, std::string(kTypes));
    if (!IsScalarOrVector(node.rhs->type)) Fail(node.rhs->pos, std::string(kTypes));
    CheckMatching(expr, node);
    const bool has_scalar = node.lhs->type == ValueType::kScalar || node.rhs->type == ValueType::kScalar;
    if (!has_scalar || !IsSetOperator(node.op)) return;
    Fail(expr.pos, fmt::format("set operator \"{}\" not allowed in binary scalar expression", ToString(node.op)));
  }

  void CheckModifiers(const BinaryExpr& node) {
    if (node.return_bool && !IsComparison(node.op)) {
      Fail(node.op_pos, "bool modifier can only be used on comparison operators");
    }
    const bool scalars = node.lhs->type == ValueType::kScalar && node.rhs->type == ValueType::kScalar;
    if (IsComparison(node.op) && !node.return_bool && scalars) {
      Fail(node.op_pos, "comparisons between scalars must use BOOL modifier");
    }
    if (!node.matching || !node.matching->on) return;
    for (const std::string& label : node.matching->labels) {
      if (std::ranges::find(node.matching->include, label) == node.matching->include.end()) continue;
      Fail(node.op_pos, fmt::format("label {} must not occur in ON and GROUP clause at once", storage::Quoted(label)));
    }
  }

  void CheckMatching(const Expr& expr, BinaryExpr& node) {
    if (!node.matching) return;
    VectorMatching& matching = *node.matching;
    const bool fills = matching.fill_left || matching.fill_right;
    if (node.lhs->type != ValueType::kVector || node.rhs->type != ValueType::kVector) {
      if (!matching.labels.empty()) Fail(expr.pos, "vector matching only allowed between instant vectors");
      if (fills) Fail(expr.pos, "filling in missing series only allowed between instant vectors");
      node.matching.reset();
      return;
    }
    if (!IsSetOperator(node.op)) return;
    if (matching.card == Cardinality::kOneToOne) matching.card = Cardinality::kManyToMany;
    if (matching.card != Cardinality::kManyToMany) {
      Fail(expr.pos, fmt::format("no grouping allowed for \"{}\" operation", ToString(node.op)));
    }
    if (fills) Fail(expr.pos, "filling in missing series not allowed for set operators");
  }

  void CheckNode(Expr& expr, Call& node) {
    const FunctionSignature& function = *node.function;
    CheckArgumentCount(expr, node);
    const bool is_info = function.id == FunctionId::kInfo;
    if (is_info && node.args.size() > 1) CheckInfoSelector(expr, *node.args[1]);
    for (std::size_t i = 0; i < node.args.size(); ++i) {
      if (i >= function.args.size() && function.variadic == 0) break;
      const ValueType wanted = function.args[std::min(i, function.args.size() - 1)];
      Expr& arg = *node.args[i];
      Check(arg, is_info && i == 1);
      if (arg.type == wanted) continue;
      Fail(arg.pos, fmt::format("expected type {} in call to function \"{}\", got {}", DocumentedName(wanted),
                                function.name, DocumentedName(arg.type)));
    }
  }

  void CheckArgumentCount(const Expr& expr, const Call& node) {
    const FunctionSignature& function = *node.function;
    const std::size_t got = node.args.size();
    const auto fail = [&](std::string_view bound, std::size_t count) {
      Fail(expr.pos,
           fmt::format("expected {}{} argument(s) in call to \"{}\", got {}", bound, count, function.name, got));
    };
    if (function.variadic == 0) {
      if (got != function.args.size()) fail("", function.args.size());
      return;
    }
    const std::size_t least = function.args.size() - 1;
    if (got < least) return fail("at least ", least);
    if (function.variadic < 0) return;
    const std::size_t most = least + static_cast<std::size_t>(function.variadic);
    if (got > most) fail("at most ", most);
  }

  // The second argument of info() is no expression but a list of matchers.
  void CheckInfoSelector(const Expr& expr, const Expr& arg) {
    if (arg.type != ValueType::kVector) {
      Fail(expr.pos, fmt::format("expected type {} in call to function \"info\", got {}",
                                 DocumentedName(ValueType::kVector), DocumentedName(arg.type)));
    }
    const auto* selector = arg.As<VectorSelector>();
    if (selector == nullptr) {
      Fail(arg.pos, "expected label selectors only");
    } else if (!selector->name.empty()) {
      Fail(arg.pos, "expected label selectors only, got vector selector instead");
    }
  }

  void CheckSelector(PosRange pos, const VectorSelector& selector, bool empty_allowed) {
    const auto& matchers = selector.matchers;
    if (!selector.name.empty()) {
      for (std::size_t i = 0; i + 1 < matchers.size(); ++i) {
        if (matchers[i].name() != storage::kMetricName) continue;
        Fail(pos, fmt::format("metric name must not be set twice: {} or {}", storage::Quoted(selector.name),
                              storage::Quoted(matchers[i].value())));
      }
      return;
    }
    if (empty_allowed) return;
    if (std::ranges::all_of(matchers, [](const storage::Matcher& m) { return m.MatchesEmpty(); })) {
      Fail(pos, "vector selector must contain at least one non-empty matcher");
    }
  }

  std::optional<TypeError> error_;
};

}  // namespace

ValueType TypeOf(const Expr::Node& node) {
  struct Visitor {
    ValueType operator()(const NumberLiteral&) const { return ValueType::kScalar; }
    ValueType operator()(const StringLiteral&) const { return ValueType::kString; }
    ValueType operator()(const VectorSelector&) const { return ValueType::kVector; }
    ValueType operator()(const MatrixSelector&) const { return ValueType::kMatrix; }
    ValueType operator()(const SubqueryExpr&) const { return ValueType::kMatrix; }
    ValueType operator()(const ParenExpr& paren) const { return paren.expr->type; }
    ValueType operator()(const UnaryExpr& unary) const { return unary.expr->type; }
    ValueType operator()(const BinaryExpr& binary) const {
      const bool scalars = binary.lhs->type == ValueType::kScalar && binary.rhs->type == ValueType::kScalar;
      return scalars ? ValueType::kScalar : ValueType::kVector;
    }
    ValueType operator()(const AggregateExpr&) const { return ValueType::kVector; }
    ValueType operator()(const Call& call) const { return call.function->result; }
  };
  return std::visit(Visitor{}, node);
}

std::optional<TypeError> CheckTypes(Expr& expr) {
  Checker checker;
  checker.Check(expr);
  return checker.TakeError();
}

}  // namespace vigia::promql
