// Trees back to text: one line as Prometheus' String(), and indented as /api/v1/format_query shows it
// (surface.md 4.14).
#pragma once

#include <string>

#include "promql/parser/ast.h"

namespace vigia::promql {

std::string ToString(const Expr& expr);
std::string Pretty(const Expr& expr);

}  // namespace vigia::promql
