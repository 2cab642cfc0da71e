// The arithmetic of binary operators on two floats (surface.md 4.5). One place, used when folding and when evaluating.
#pragma once

#include <cmath>

#include "promql/functions/instant_function.h"
#include "promql/parser/ast.h"

namespace vigia::promql {

// REQUIRES: an arithmetic operator.
inline double Arithmetic(BinaryOp op, double lhs, double rhs) {
  switch (op) {
    case BinaryOp::kAdd: return lhs + rhs;
    case BinaryOp::kSub: return lhs - rhs;
    case BinaryOp::kMul: return lhs * rhs;
    case BinaryOp::kDiv: return lhs / rhs;
    case BinaryOp::kMod: return Modulo(lhs, rhs);
    case BinaryOp::kPow: return Power(lhs, rhs);
    case BinaryOp::kAtan2: return ArcTangent2(lhs, rhs);
    case BinaryOp::kEq:
    case BinaryOp::kNe:
    case BinaryOp::kLt:
    case BinaryOp::kLe:
    case BinaryOp::kGt:
    case BinaryOp::kGe:
    case BinaryOp::kTrimUpper:
    case BinaryOp::kTrimLower:
    case BinaryOp::kAnd:
    case BinaryOp::kOr:
    case BinaryOp::kUnless: break;
  }
  return std::nan("");
}

inline bool Compare(BinaryOp op, double lhs, double rhs) {
  switch (op) {
    case BinaryOp::kEq: return lhs == rhs;
    case BinaryOp::kNe: return lhs != rhs;
    case BinaryOp::kLt: return lhs < rhs;
    case BinaryOp::kLe: return lhs <= rhs;
    case BinaryOp::kGt: return lhs > rhs;
    case BinaryOp::kGe: return lhs >= rhs;
    case BinaryOp::kAdd:
    case BinaryOp::kSub:
    case BinaryOp::kMul:
    case BinaryOp::kDiv:
    case BinaryOp::kMod:
    case BinaryOp::kPow:
    case BinaryOp::kAtan2:
    case BinaryOp::kTrimUpper:
    case BinaryOp::kTrimLower:
    case BinaryOp::kAnd:
    case BinaryOp::kOr:
    case BinaryOp::kUnless: break;
  }
  return false;
}

// Arithmetic result, or 1 and 0 for a comparison.
inline double ScalarBinary(BinaryOp op, double lhs, double rhs) {
  if (IsComparison(op)) return Compare(op, lhs, rhs) ? 1.0 : 0.0;
  return Arithmetic(op, lhs, rhs);
}

}  // namespace vigia::promql
