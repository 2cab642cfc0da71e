#include <algorithm>
#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "promql/plan/passes.h"

namespace vigia::promql {
namespace {

// Functions whose value depends on the step itself even when their arguments do not (surface.md 4.4).
constexpr std::array kStepFunctions = {
    FunctionId::kDayOfMonth, FunctionId::kDayOfWeek, FunctionId::kDayOfYear,     FunctionId::kDaysInMonth,
    FunctionId::kHour,       FunctionId::kMinute,    FunctionId::kMonth,         FunctionId::kYear,
    FunctionId::kTime,       FunctionId::kTimestamp, FunctionId::kPredictLinear,
};

bool DependsOnStep(FunctionId function) { return std::ranges::find(kStepFunctions, function) != kStepFunctions.end(); }

void Wrap(PlanPtr& plan) {
  auto wrapper = std::make_unique<PlanNode>();
  wrapper->pos = plan->pos;
  wrapper->type = plan->type;
  wrapper->node = StepInvariantNode{std::move(plan)};
  plan = std::move(wrapper);
}

// Worth repeating instead of computing again: numbers and strings are their own constant, windows are read by
// functions, and info metrics by info().
bool WorthWrapping(const PlanNode& plan) {
  if (const auto* select = plan.As<SelectNode>()) return !select->is_info;
  return plan.As<NumberNode>() == nullptr && plan.As<StringNode>() == nullptr &&
         plan.As<RangeSelectNode>() == nullptr && plan.As<SubqueryNode>() == nullptr;
}

bool IsInvariant(PlanPtr& plan);

// Wraps the invariant ones among the children of a node that is not invariant itself.
bool AllInvariant(PlanNode& plan, bool node_is_invariant) {
  std::vector<PlanPtr*> invariant;
  bool all = node_is_invariant;
  ForEachChild(plan, [&](PlanPtr& child) {
    if (IsInvariant(child)) {
      invariant.push_back(&child);
    } else {
      all = false;
    }
  });
  if (all) return true;
  for (PlanPtr* child : invariant) {
    if (WorthWrapping(**child)) Wrap(*child);
  }
  return false;
}

bool IsInvariant(PlanPtr& plan) {
  if (const auto* select = plan->As<SelectNode>()) return select->shift.at_ms.has_value();
  if (const auto* select = plan->As<RangeSelectNode>()) return select->shift.at_ms.has_value();
  if (auto* subquery = plan->As<SubqueryNode>()) {
    // The grid inside is another one: what is invariant there is evaluated once for all of it.
    if (IsInvariant(subquery->input) && WorthWrapping(*subquery->input)) Wrap(subquery->input);
    return subquery->shift.at_ms.has_value();
  }
  if (const auto* call = plan->As<CallNode>()) return AllInvariant(*plan, !DependsOnStep(call->function));
  return AllInvariant(*plan, true);
}

}  // namespace

void HoistStepInvariants(PlanPtr& plan) {
  if (IsInvariant(plan) && WorthWrapping(*plan)) Wrap(plan);
}

}  // namespace vigia::promql
