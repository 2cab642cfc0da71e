#include <string>
#include <vector>

#include "promql/plan/passes.h"

namespace vigia::promql {
namespace {

// What stands above a selector: the innermost function or aggregation counts.
struct Above {
  std::string function;
  std::vector<std::string> grouping;
  bool by = false;
};

void Apply(storage::SelectHints& hints, const Above& above, DurationMs range_ms) {
  hints.function = above.function;
  hints.grouping = above.grouping;
  hints.by = above.by;
  hints.range_ms = range_ms;
}

void Walk(PlanNode& plan, const Above& above) {
  if (auto* select = plan.As<SelectNode>()) return Apply(select->hints, above, 0);
  if (auto* select = plan.As<RangeSelectNode>()) return Apply(select->hints, above, select->range_ms);
  Above below = above;
  if (const auto* call = plan.As<CallNode>()) {
    below = Above{std::string(SignatureOf(call->function).name), {}, false};
  }
  if (const auto* aggregate = plan.As<AggregateNode>()) {
    below = Above{std::string(ToString(aggregate->op)), aggregate->grouping, !aggregate->without};
  }
  // A join looks at labels that the grouping above it does not name.
  if (plan.As<BinaryNode>() != nullptr) below.grouping.clear();
  ForEachChild(plan, [&](PlanPtr& child) { Walk(*child, below); });
}

}  // namespace

void AddHints(PlanNode& plan) { Walk(plan, {}); }

}  // namespace vigia::promql
