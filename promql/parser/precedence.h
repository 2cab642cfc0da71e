// How tightly binary operators bind (surface.md 4.2).
#pragma once

#include "promql/parser/ast.h"

namespace vigia::promql {

inline constexpr int kLowestPrecedence = 1;
inline constexpr int kPowPrecedence = 6;

// All are left-associative but ^.
constexpr int PrecedenceOf(BinaryOp op) {
  switch (op) {
    case BinaryOp::kOr: return kLowestPrecedence;
    case BinaryOp::kAnd:
    case BinaryOp::kUnless: return 2;
    case BinaryOp::kEq:
    case BinaryOp::kNe:
    case BinaryOp::kLt:
    case BinaryOp::kLe:
    case BinaryOp::kGt:
    case BinaryOp::kGe:
    case BinaryOp::kTrimUpper:
    case BinaryOp::kTrimLower: return 3;
    case BinaryOp::kAdd:
    case BinaryOp::kSub: return 4;
    case BinaryOp::kMul:
    case BinaryOp::kDiv:
    case BinaryOp::kMod:
    case BinaryOp::kAtan2: return 5;
    case BinaryOp::kPow: return kPowPrecedence;
  }
  return kLowestPrecedence;
}

}  // namespace vigia::promql
