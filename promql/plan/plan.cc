#include "promql/plan/plan.h"

namespace vigia::promql {

const PlanNode& Unwrapped(const PlanNode& node) {
  const PlanNode* at = &node;
  while (const auto* invariant = at->As<StepInvariantNode>()) at = invariant->input.get();
  return *at;
}

}  // namespace vigia::promql
