#include "promql/exec/histogram_binary.h"

namespace vigia::promql {
namespace {

HistogramOperator HistogramOperatorOf(BinaryOp op) {
  switch (op) {
    case BinaryOp::kAdd: return HistogramOperator::kAdd;
    case BinaryOp::kSub: return HistogramOperator::kSubtract;
    case BinaryOp::kMul: return HistogramOperator::kMultiply;
    case BinaryOp::kDiv: return HistogramOperator::kDivide;
    case BinaryOp::kTrimUpper: return HistogramOperator::kTrimUpper;
    case BinaryOp::kTrimLower: return HistogramOperator::kTrimLower;
    case BinaryOp::kEq: return HistogramOperator::kEqual;
    case BinaryOp::kNe: return HistogramOperator::kNotEqual;
    case BinaryOp::kMod:
    case BinaryOp::kPow:
    case BinaryOp::kAtan2:
    case BinaryOp::kLt:
    case BinaryOp::kLe:
    case BinaryOp::kGt:
    case BinaryOp::kGe:
    case BinaryOp::kAnd:
    case BinaryOp::kOr:
    case BinaryOp::kUnless: break;
  }
  return HistogramOperator::kOther;
}

}  // namespace

bool IsTrim(BinaryOp op) { return op == BinaryOp::kTrimUpper || op == BinaryOp::kTrimLower; }

bool KeepsMetricName(BinaryOp op) { return IsComparison(op) || IsTrim(op); }

CombinedSample Combine(QueryContext& context, BinaryOp op, bool return_bool, PosRange pos, const Operand& lhs,
                       const Operand& rhs) {
  if (!lhs.h && !rhs.h) {
    context.annotations().Add(IncompatibleTypesInfo("float", ToString(op), "float", context.PositionOf(pos)));
    return {};
  }
  OperatorResult result = ApplyOperator(HistogramOperatorOf(op), lhs, rhs);
  if (!result.flags.empty()) {
    AnnotateOperator(result.flags, lhs, ToString(op), rhs, context.PositionOf(pos), context.annotations());
  }
  if (!result.h) return {};
  if (return_bool) return {true, nullptr, result.keep ? 1.0 : 0.0};
  return {result.keep, std::move(result.h), 0};
}

}  // namespace vigia::promql
