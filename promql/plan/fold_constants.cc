#include "promql/plan/passes.h"
#include "promql/plan/scalar_math.h"

namespace vigia::promql {
namespace {

void Replace(PlanPtr& plan, double value) {
  plan->node = NumberNode{value};
  plan->type = ValueType::kScalar;
}

}  // namespace

void FoldConstants(PlanPtr& plan) {
  ForEachChild(*plan, [](PlanPtr& child) { FoldConstants(child); });
  if (const auto* negate = plan->As<NegateNode>()) {
    if (const auto* number = negate->input->As<NumberNode>()) {
      Replace(plan, -number->value);
    }
    return;
  }
  const auto* binary = plan->As<BinaryNode>();
  if (binary == nullptr) return;
  const auto* lhs = binary->lhs->As<NumberNode>();
  const auto* rhs = binary->rhs->As<NumberNode>();
  if (lhs != nullptr && rhs != nullptr) Replace(plan, ScalarBinary(binary->op, lhs->value, rhs->value));
}

}  // namespace vigia::promql
