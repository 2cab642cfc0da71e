// Over the nodes of a tree.
#pragma once

#include <type_traits>
#include <variant>

#include "promql/parser/ast.h"

namespace vigia::promql {

// Calls fn(child) for each direct child expression, in the order of the reference: an aggregation's operand comes
// before its parameter. The selector inside a MatrixSelector is part of that node, not a child.
template <class ExprType, class Fn>
requires std::is_same_v<std::remove_const_t<ExprType>, Expr>
void ForEachChild(ExprType& expr, Fn&& fn) {
  std::visit(
      [&fn](auto& node) {
        using Node = std::remove_cvref_t<decltype(node)>;
        const auto visit = [&fn](const ExprPtr& child) {
          if (child) fn(static_cast<ExprType&>(*child));
        };
        if constexpr (std::is_same_v<Node, SubqueryExpr> || std::is_same_v<Node, ParenExpr> ||
                      std::is_same_v<Node, UnaryExpr>) {
          visit(node.expr);
        } else if constexpr (std::is_same_v<Node, BinaryExpr>) {
          visit(node.lhs);
          visit(node.rhs);
        } else if constexpr (std::is_same_v<Node, AggregateExpr>) {
          visit(node.expr);
          visit(node.param);
        } else if constexpr (std::is_same_v<Node, Call>) {
          for (const ExprPtr& arg : node.args) visit(arg);
        }
      },
      expr.node);
}

// Calls fn(node) for every node, parents first. Recursion is as deep as the tree, at most kMaxExprDepth.
template <class ExprType, class Fn>
requires std::is_same_v<std::remove_const_t<ExprType>, Expr>
void Walk(ExprType& expr, Fn&& fn) {
  fn(expr);
  ForEachChild(expr, [&fn](ExprType& child) { Walk(child, fn); });
}

// The expression inside any number of parentheses.
inline const Expr& WithoutParens(const Expr& expr) {
  const Expr* at = &expr;
  while (const auto* paren = at->As<ParenExpr>()) at = paren->expr.get();
  return *at;
}

}  // namespace vigia::promql
