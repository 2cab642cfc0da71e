#include "promql/histogram/histogram_operator.h"

#include <memory>

#include "promql/histogram/arithmetic.h"
#include "promql/histogram/layout.h"
#include "promql/histogram/trim.h"

namespace vigia::promql {
namespace {

using storage::FloatHistogram;

OperatorResult Incompatible() { return {nullptr, false, HistogramFlag::kIncompatibleTypes}; }

OperatorResult Share(FloatHistogram h, HistogramFlags flags = {}) {
  return {std::make_shared<const FloatHistogram>(std::move(h)), true, flags};
}

OperatorResult Sum(const FloatHistogram& left, const FloatHistogram& right) {
  FloatHistogram out = left;
  const SumOutcome outcome = Add(out, right);
  if (!outcome.compatible) return {nullptr, false, HistogramFlag::kIncompatibleBucketLayout};
  HistogramFlags flags;
  flags.AddIf(outcome.reset_collision, HistogramFlag::kResetCollisionInAddition);
  flags.AddIf(outcome.bounds_reconciled, HistogramFlag::kBoundsReconciledInAddition);
  Compact(out);
  return Share(std::move(out), flags);
}

OperatorResult Difference(const FloatHistogram& left, const FloatHistogram& right) {
  FloatHistogram out = left;
  const SumOutcome outcome = Subtract(out, right);
  if (!outcome.compatible) return {nullptr, false, HistogramFlag::kIncompatibleBucketLayout};
  out.hint = storage::CounterResetHint::kGauge;
  HistogramFlags flags;
  flags.AddIf(outcome.reset_collision, HistogramFlag::kResetCollisionInSubtraction);
  flags.AddIf(outcome.bounds_reconciled, HistogramFlag::kBoundsReconciledInSubtraction);
  Compact(out);
  return Share(std::move(out), flags);
}

OperatorResult Scale(FloatHistogram h, double v, void (*scale)(FloatHistogram&, double)) {
  scale(h, v);
  Compact(h);
  return Share(std::move(h));
}

OperatorResult OfTwo(HistogramOperator op, const HistogramPtr& left, const HistogramPtr& right) {
  switch (op) {
    case HistogramOperator::kAdd: return Sum(*left, *right);
    case HistogramOperator::kSubtract: return Difference(*left, *right);
    case HistogramOperator::kEqual: return {left, Equals(*left, *right), {}};
    case HistogramOperator::kNotEqual: return {left, !Equals(*left, *right), {}};
    case HistogramOperator::kMultiply:
    case HistogramOperator::kDivide:
    case HistogramOperator::kTrimUpper:
    case HistogramOperator::kTrimLower:
    case HistogramOperator::kOther: break;
  }
  return Incompatible();
}

OperatorResult WithFloat(HistogramOperator op, const FloatHistogram& left, double right) {
  switch (op) {
    case HistogramOperator::kMultiply: return Scale(left, right, &Multiply);
    case HistogramOperator::kDivide: return Scale(left, right, &Divide);
    case HistogramOperator::kTrimUpper: return Share(Trim(left, right, TrimSide::kUpper));
    case HistogramOperator::kTrimLower: return Share(Trim(left, right, TrimSide::kLower));
    case HistogramOperator::kAdd:
    case HistogramOperator::kSubtract:
    case HistogramOperator::kEqual:
    case HistogramOperator::kNotEqual:
    case HistogramOperator::kOther: break;
  }
  return Incompatible();
}

std::string_view TypeOf(const Operand& operand) { return operand.h ? "histogram" : "float"; }

}  // namespace

OperatorResult ApplyOperator(HistogramOperator op, const Operand& left, const Operand& right) {
  if (left.h && right.h) return OfTwo(op, left.h, right.h);
  if (left.h) return WithFloat(op, *left.h, right.v);
  if (op == HistogramOperator::kMultiply) return Scale(*right.h, left.v, &Multiply);
  return Incompatible();
}

HistogramPtr Negate(const HistogramPtr& h) {
  FloatHistogram out = *h;
  Multiply(out, -1);
  return std::make_shared<const FloatHistogram>(std::move(out));
}

void AnnotateOperator(HistogramFlags flags, const Operand& left, std::string_view op, const Operand& right,
                      TextPosition position, AnnotationSet& out) {
  Annotate(flags, "", position, out);
  if (flags.Has(HistogramFlag::kIncompatibleBucketLayout)) out.Add(IncompatibleBucketLayoutWarning(op, position));
  if (flags.Has(HistogramFlag::kIncompatibleTypes))
    out.Add(IncompatibleTypesInfo(TypeOf(left), op, TypeOf(right), position));
}

}  // namespace vigia::promql
