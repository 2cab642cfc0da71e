#include "promql/exec/kernels/binary_kernels.h"

#include <cassert>
#include <cstddef>

#include "promql/functions/instant_function.h"

namespace vigia::promql {
namespace {

template <class Out, class Fn>
void Apply(std::span<const double> lhs, std::span<const double> rhs, std::span<Out> out, Fn fn) {
  assert(lhs.size() == rhs.size() && lhs.size() == out.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i] = static_cast<Out>(fn(lhs[i], rhs[i]));
}

}  // namespace

void ArithmeticRow(BinaryOp op, std::span<const double> lhs, std::span<const double> rhs, std::span<double> out) {
  switch (op) {
    case BinaryOp::kAdd: return Apply(lhs, rhs, out, [](double a, double b) { return a + b; });
    case BinaryOp::kSub: return Apply(lhs, rhs, out, [](double a, double b) { return a - b; });
    case BinaryOp::kMul: return Apply(lhs, rhs, out, [](double a, double b) { return a * b; });
    case BinaryOp::kDiv: return Apply(lhs, rhs, out, [](double a, double b) { return a / b; });
    case BinaryOp::kMod: return Apply(lhs, rhs, out, &Modulo);
    case BinaryOp::kPow: return Apply(lhs, rhs, out, &Power);
    case BinaryOp::kAtan2: return Apply(lhs, rhs, out, &ArcTangent2);
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
  assert(false && "not an arithmetic operator");
}

void CompareRow(BinaryOp op, std::span<const double> lhs, std::span<const double> rhs, std::span<std::uint8_t> out) {
  switch (op) {
    case BinaryOp::kEq: return Apply(lhs, rhs, out, [](double a, double b) { return a == b; });
    case BinaryOp::kNe: return Apply(lhs, rhs, out, [](double a, double b) { return a != b; });
    case BinaryOp::kLt: return Apply(lhs, rhs, out, [](double a, double b) { return a < b; });
    case BinaryOp::kLe: return Apply(lhs, rhs, out, [](double a, double b) { return a <= b; });
    case BinaryOp::kGt: return Apply(lhs, rhs, out, [](double a, double b) { return a > b; });
    case BinaryOp::kGe: return Apply(lhs, rhs, out, [](double a, double b) { return a >= b; });
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
  assert(false && "not a comparison");
}

}  // namespace vigia::promql
