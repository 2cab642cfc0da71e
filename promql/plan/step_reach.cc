#include "promql/plan/step_reach.h"

#include <algorithm>

#include "promql/functions/instant_function.h"
#include "promql/functions/range_function.h"
#include "promql/parser/function_signature.h"
#include "promql/parser/walk.h"

namespace vigia::promql {
namespace {

bool IsPinned(const Modifiers& modifiers) { return modifiers.at != AtAnchor::kNone || modifiers.offset_expr; }

bool HasOneMetric(const VectorSelector& selector) {
  return std::ranges::any_of(selector.matchers, [](const storage::Matcher& matcher) {
    return matcher.name() == storage::kMetricName && matcher.type() == storage::MatchType::kEqual &&
           !matcher.value().empty();
  });
}

bool DependsOnAllSteps(FunctionId function) {
  if (function == FunctionId::kStart || function == FunctionId::kEnd || function == FunctionId::kRange) return true;
  // Equal labels are an error, even those of different steps.
  if (function == FunctionId::kLabelReplace || function == FunctionId::kLabelJoin) return true;
  return function == FunctionId::kInfo;
}

// What is not in the plan any more.
bool DependsOnAllSteps(const Expr& expr) {
  bool found = false;
  Walk(expr, [&found](const Expr& node) {
    if (const auto* n = node.As<VectorSelector>()) found |= IsPinned(n->modifiers) || !HasOneMetric(*n);
    if (const auto* n = node.As<MatrixSelector>()) {
      found |= IsPinned(n->selector.modifiers) || !HasOneMetric(n->selector) || n->range_expr;
    }
    if (const auto* n = node.As<SubqueryExpr>()) found |= IsPinned(n->modifiers) || n->range_expr || n->step_expr;
    if (const auto* n = node.As<Call>()) found |= DependsOnAllSteps(n->function->id);
  });
  return found;
}

bool DependsOnOrder(AggregateOp op) {
  switch (op) {
    case AggregateOp::kSum:
    case AggregateOp::kAvg:
    case AggregateOp::kMin:
    case AggregateOp::kMax:
    case AggregateOp::kStddev:
    case AggregateOp::kStdvar:
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
    case AggregateOp::kLimitk: return true;
    case AggregateOp::kCount:
    case AggregateOp::kGroup:
    case AggregateOp::kCountValues:
    case AggregateOp::kQuantile:
    case AggregateOp::kLimitRatio: return false;
  }
  return true;
}

class Reach {
 public:
  explicit Reach(DurationMs lookback_ms) : lookback_ms_(lookback_ms) {}

  std::optional<StepReach> Of(const PlanNode& plan) {
    static_cast<void>(Visit(plan, {}));
    if (failed_) return std::nullopt;
    return found_.value_or(StepReach{});
  }

 private:
  // Whether the rows come in the order of stored series, whatever the steps. `outer` is what the subqueries around the
  // node add.
  bool Visit(const PlanNode& plan, const StepReach& outer) {
    return std::visit([&](const auto& node) { return Node(node, outer); }, plan.node);
  }

  bool Node(const NumberNode&, const StepReach&) { return true; }
  bool Node(const StringNode&, const StepReach&) { return true; }
  bool Node(const StepInvariantNode& n, const StepReach& outer) { return Visit(*n.input, outer); }
  bool Node(const NegateNode& n, const StepReach& outer) { return Visit(*n.input, outer); }

  bool Node(const SelectNode& n, const StepReach& outer) {
    return Include(n.shift, 0, n.smoothed ? lookback_ms_ : 0, outer);
  }

  bool Node(const RangeSelectNode& n, const StepReach& outer) {
    return Include(n.shift, n.range_ms, n.kind == WindowKind::kSmoothed ? lookback_ms_ : 0, outer);
  }

  bool Node(const SubqueryNode& n, const StepReach& outer) {
    ++subqueries_;
    const bool ordered =
        Visit(*n.input, {outer.back_ms + n.range_ms + n.shift.offset_ms, outer.ahead_ms - n.shift.offset_ms});
    --subqueries_;
    return ordered;
  }

  bool Node(const BinaryNode& n, const StepReach& outer) {
    // Below a range function, series of two metrics that are equal without their names are an error at once.
    if (n.op == BinaryOp::kOr && subqueries_ > 0) failed_ = true;
    const bool left = Visit(*n.lhs, outer);
    const bool right = Visit(*n.rhs, outer);
    return left && right;
  }

  bool Node(const AggregateNode& n, const StepReach& outer) {
    if (n.param) static_cast<void>(Visit(*n.param, outer));
    const bool ordered = Visit(*n.input, outer);
    if (!ordered && DependsOnOrder(n.op)) failed_ = true;
    return false;
  }

  bool Node(const CallNode& n, const StepReach& outer) {
    bool ordered = true;
    for (const PlanPtr& arg : n.args) ordered &= Visit(*arg, outer);
    const std::string_view name = SignatureOf(n.function).name;
    return ordered && (FindRangeFunction(name) != nullptr || FindInstantFunction(name) != nullptr);
  }

  // A lookback more than anybody looks at values: the hint of a native histogram depends on the one before it.
  bool Include(const TimeShift& shift, DurationMs range_ms, DurationMs ahead_ms, const StepReach& outer) {
    if (shift.at_ms) failed_ = true;
    const StepReach reach{outer.back_ms + shift.offset_ms + range_ms + 2 * lookback_ms_,
                          outer.ahead_ms - shift.offset_ms + ahead_ms};
    if (!found_) found_ = reach;
    found_->back_ms = std::max(found_->back_ms, reach.back_ms);
    found_->ahead_ms = std::max(found_->ahead_ms, reach.ahead_ms);
    return true;
  }

  const DurationMs lookback_ms_;
  std::optional<StepReach> found_;
  int subqueries_ = 0;
  bool failed_ = false;
};

}  // namespace

std::optional<StepReach> ReachOfSteps(const Expr& expr, const PlanNode& plan, DurationMs lookback_delta_ms) {
  if (DependsOnAllSteps(expr)) return std::nullopt;
  return Reach(lookback_delta_ms).Of(plan);
}

}  // namespace vigia::promql
