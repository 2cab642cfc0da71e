// Binary operators on whole rows: one branch on the operator, then loops that the compiler vectorises.
#pragma once

#include <cstdint>
#include <span>

#include "promql/parser/ast.h"

namespace vigia::promql {

// out[i] = lhs[i] op rhs[i]. `out` may be one of the inputs. REQUIRES: an arithmetic operator, equal sizes.
void ArithmeticRow(BinaryOp op, std::span<const double> lhs, std::span<const double> rhs, std::span<double> out);

// out[i] = lhs[i] op rhs[i] ? 1 : 0. REQUIRES: a comparison, equal sizes.
void CompareRow(BinaryOp op, std::span<const double> lhs, std::span<const double> rhs, std::span<std::uint8_t> out);

}  // namespace vigia::promql
