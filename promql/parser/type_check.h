// Types of expressions, and the rules that the grammar alone does not enforce.
#pragma once

#include <optional>
#include <string>

#include "promql/parser/ast.h"

namespace vigia::promql {

// The type of a node whose children have theirs.
ValueType TypeOf(const Expr::Node& node);

struct TypeError {
  std::uint32_t at = 0;
  std::string message;
};

// The first violation in the order of the reference, or none. Completes `expr`: set operators become many-to-many, and
// BinaryExpr::matching is removed where not both sides are vectors.
std::optional<TypeError> CheckTypes(Expr& expr);

}  // namespace vigia::promql
