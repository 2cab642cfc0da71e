#include "promql/plan/step_reach.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

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

// Whether the rows of a node come in an order in which each two of them stand alike whatever the steps are: that of
// stored series. Then no two are equal but for the metric's name.
struct RowOrder {
  bool is_fixed = true;
  std::vector<BinaryNode*> watched = {};  // As long as no series of their many sides has one of the DroppedNames().
};

// The labels of the many side that are not those of the result.
const std::vector<std::string>& DroppedNames(const VectorMatching& matching) {
  return matching.card == Cardinality::kOneToOne ? matching.labels : matching.include;
}

bool MayDrop(const VectorMatching& matching, const std::vector<BinaryNode*>& below) {
  return std::ranges::any_of(below, [&](const BinaryNode* node) {
    return std::ranges::any_of(DroppedNames(matching), [&](const std::string& name) {
      return std::ranges::find(node->matching->include, name) != node->matching->include.end();
    });
  });
}

bool HasFill(const BinaryNode& node) {
  return node.matching && (node.matching->fill_left || node.matching->fill_right);
}

class Reach {
 public:
  explicit Reach(const ReachOptions& options) : options_(options) {}

  std::optional<StepReach> Of(PlanNode& plan) {
    static_cast<void>(Visit(plan, {}));
    if (failed_) return std::nullopt;
    return found_.value_or(StepReach{});
  }

 private:
  // `outer` is what the subqueries around the node add.
  RowOrder Visit(PlanNode& plan, const StepReach& outer) {
    return std::visit([&](auto& node) { return Node(node, outer); }, plan.node);
  }

  RowOrder Node(NumberNode&, const StepReach&) { return {}; }
  RowOrder Node(StringNode&, const StepReach&) { return {}; }
  RowOrder Node(StepInvariantNode& n, const StepReach& outer) { return Visit(*n.input, outer); }
  RowOrder Node(NegateNode& n, const StepReach& outer) { return Visit(*n.input, outer); }

  RowOrder Node(SelectNode& n, const StepReach& outer) {
    return Include(n.shift, 0, n.smoothed ? options_.lookback_delta_ms : 0, outer);
  }

  RowOrder Node(RangeSelectNode& n, const StepReach& outer) {
    return Include(n.shift, n.range_ms, n.kind == WindowKind::kSmoothed ? options_.lookback_delta_ms : 0, outer);
  }

  RowOrder Node(SubqueryNode& n, const StepReach& outer) {
    ++subqueries_;
    RowOrder order =
        Visit(*n.input, {outer.back_ms + n.range_ms + n.shift.offset_ms, outer.ahead_ms - n.shift.offset_ms});
    --subqueries_;
    return order;
  }

  RowOrder Node(BinaryNode& n, const StepReach& outer) {
    // Below a range function, series that are equal without their names are an error at once; with delayed removal one
    // of them decides whether the name goes.
    const bool mixes_names = n.op == BinaryOp::kOr || HasFill(n);
    if (mixes_names && (subqueries_ > 0 || options_.delayed_name_removal)) failed_ = true;
    RowOrder left = Visit(*n.lhs, outer);
    RowOrder right = Visit(*n.rhs, outer);
    if (n.matching) return OrderOfJoin(n, std::move(left), std::move(right));
    left.is_fixed = left.is_fixed && right.is_fixed;
    left.watched.insert(left.watched.end(), right.watched.begin(), right.watched.end());
    return left;
  }

  // Each series of the many side (the left one, but of group_right) gives the next rows, which are its own as long as
  // two of them do not lose what they differ by.
  static RowOrder OrderOfJoin(BinaryNode& n, RowOrder left, RowOrder right) {
    if (n.op == BinaryOp::kAnd || n.op == BinaryOp::kUnless) return left;
    const VectorMatching& matching = *n.matching;
    const bool keeps_on_only = matching.card == Cardinality::kOneToOne && matching.on;
    if (n.op == BinaryOp::kOr || keeps_on_only || HasFill(n)) return {.is_fixed = false};
    RowOrder& many = matching.card == Cardinality::kOneToMany ? right : left;
    if (MayDrop(matching, many.watched)) many.is_fixed = false;
    if (!DroppedNames(matching).empty()) many.watched.push_back(&n);
    return std::move(many);
  }

  RowOrder Node(AggregateNode& n, const StepReach& outer) {
    if (n.param) static_cast<void>(Visit(*n.param, outer));
    const RowOrder order = Visit(*n.input, outer);
    if (DependsOnOrder(n.op)) {
      // What is ranked is the same in any order unless some values are.
      n.watches_ties = !order.is_fixed && (n.op == AggregateOp::kTopk || n.op == AggregateOp::kBottomk);
      if (!order.is_fixed && !n.watches_ties) failed_ = true;
      for (BinaryNode* node : order.watched) node->watches_labels = true;
    }
    return {.is_fixed = false};
  }

  RowOrder Node(CallNode& n, const StepReach& outer) {
    RowOrder order;
    for (const PlanPtr& arg : n.args) {
      const RowOrder of_arg = Visit(*arg, outer);
      order.is_fixed = order.is_fixed && of_arg.is_fixed;
      order.watched.insert(order.watched.end(), of_arg.watched.begin(), of_arg.watched.end());
    }
    const std::string_view name = SignatureOf(n.function).name;
    order.is_fixed = order.is_fixed && (FindRangeFunction(name) != nullptr || FindInstantFunction(name) != nullptr);
    return order;
  }

  // A lookback more than anybody looks at values: the hint of a native histogram depends on the one before it.
  RowOrder Include(const TimeShift& shift, DurationMs range_ms, DurationMs ahead_ms, const StepReach& outer) {
    if (shift.at_ms) failed_ = true;
    const StepReach reach{outer.back_ms + shift.offset_ms + range_ms + 2 * options_.lookback_delta_ms,
                          outer.ahead_ms - shift.offset_ms + ahead_ms};
    if (!found_) found_ = reach;
    found_->back_ms = std::max(found_->back_ms, reach.back_ms);
    found_->ahead_ms = std::max(found_->ahead_ms, reach.ahead_ms);
    return {};
  }

  const ReachOptions options_;
  std::optional<StepReach> found_;
  int subqueries_ = 0;
  bool failed_ = false;
};

}  // namespace

std::optional<StepReach> ReachOfSteps(const Expr& expr, PlanNode& plan, const ReachOptions& options) {
  if (DependsOnAllSteps(expr)) return std::nullopt;
  return Reach(options).Of(plan);
}

}  // namespace vigia::promql
