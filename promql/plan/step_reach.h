// Whether the value of a range query at a step depends on nothing but the samples around that step, and on which.
#pragma once

#include <optional>

#include "promql/parser/ast.h"
#include "promql/plan/plan.h"

namespace vigia::promql {

// At a step t nothing is read but samples from t - back_ms to t + ahead_ms. Each may be negative.
struct StepReach {
  DurationMs back_ms = 0;
  DurationMs ahead_ms = 0;
};

struct ReachOptions {
  DurationMs lookback_delta_ms = 0;
  bool delayed_name_removal = false;
};

// Of `plan`, which was made of `expr`. nullopt where results of two ranges of steps, put together, might differ from
// the result of the whole range, be it in the last digit or by an error: what is pinned by @ or knows the range of the
// query; what tells series of several metrics apart by their names only; what adds or ranks in an order that depends on
// all steps. Groups come in the order in which they appear, the right side of `or` behind the left one, and series that
// are joined to one label set behind all others.
//
// Where that hangs on the labels of series or on equal values, sets BinaryNode::watches_labels and
// AggregateNode::watches_ties, and the run tells what it saw (QueryContext::IsWhole).
std::optional<StepReach> ReachOfSteps(const Expr& expr, PlanNode& plan, const ReachOptions& options);

}  // namespace vigia::promql
