// A plan, and what its nodes did, as a tree for users.
#pragma once

#include <string_view>

#include "promql/exec/query_context.h"
#include "promql/plan/plan.h"
#include "promql/value/explain_node.h"

namespace vigia::promql {

// `plan` has its times assigned. With a context of a query that was analysed and has ended, nodes that ran carry their
// costs; null = none do.
ExplainNode ExplainPlan(PlanNode& plan, std::string_view text, QueryContext* context);

}  // namespace vigia::promql
