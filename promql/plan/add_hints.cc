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

// What the nodes above a selector look at of its histograms: count and sum are enough when one of them asks for no more
// and none needs buckets. Below a subquery the samples do not follow each other as they were stored: the buckets tell
// resets then. (Prometheus promql/engine.go, detectHistogramStatsDecoding.)
struct Demand {
  bool statistics = false;
  bool buckets = false;

  HistogramDetail Detail() const {
    return statistics && !buckets ? HistogramDetail::kStatistics : HistogramDetail::kAll;
  }
};

void AddDemandOf(const PlanNode& plan, Demand& demand) {
  if (plan.As<SubqueryNode>() != nullptr) demand.buckets = true;
  if (const auto* binary = plan.As<BinaryNode>()) {
    if (binary->op == BinaryOp::kTrimUpper || binary->op == BinaryOp::kTrimLower) demand.buckets = true;
  }
  const auto* call = plan.As<CallNode>();
  if (call == nullptr) return;
  const auto is = [&](auto... functions) { return ((call->function == functions) || ...); };
  if (is(FunctionId::kHistogramCount, FunctionId::kHistogramSum, FunctionId::kHistogramAvg)) demand.statistics = true;
  if (is(FunctionId::kHistogramQuantile, FunctionId::kHistogramQuantiles, FunctionId::kHistogramFraction)) {
    demand.buckets = true;
  }
}

void Apply(storage::SelectHints& hints, const Above& above, DurationMs range_ms) {
  hints.function = above.function;
  hints.grouping = above.grouping;
  hints.by = above.by;
  hints.range_ms = range_ms;
}

void Walk(PlanNode& plan, const Above& above, Demand demand) {
  AddDemandOf(plan, demand);
  if (auto* select = plan.As<SelectNode>()) {
    select->detail = demand.Detail();
    return Apply(select->hints, above, 0);
  }
  if (auto* select = plan.As<RangeSelectNode>()) {
    select->detail = demand.Detail();
    return Apply(select->hints, above, select->range_ms);
  }
  Above below = above;
  if (const auto* call = plan.As<CallNode>()) {
    below = Above{std::string(SignatureOf(call->function).name), {}, false};
  }
  if (const auto* aggregate = plan.As<AggregateNode>()) {
    below = Above{std::string(ToString(aggregate->op)), aggregate->grouping, !aggregate->without};
  }
  // A join looks at labels that the grouping above it does not name.
  if (plan.As<BinaryNode>() != nullptr) below.grouping.clear();
  ForEachChild(plan, [&](PlanPtr& child) { Walk(*child, below, demand); });
}

}  // namespace

void AddHints(PlanNode& plan) { Walk(plan, {}, {}); }

}  // namespace vigia::promql
