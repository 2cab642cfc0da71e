// Nodes of a plan in words, for EXPLAIN.
#pragma once

#include <string>
#include <string_view>

#include "promql/plan/plan.h"

namespace vigia::promql {

struct NodeWords {
  std::string_view op;  // number, string, select, range_select, subquery, negate, arithmetic, join, set, aggregate,
                        // function, step_invariant. "join" has vectors on both sides, "arithmetic" a scalar on one.
  std::string detail;
};

// `text` is the query that the plan was made of: selectors are shown as they were written.
NodeWords Describe(const PlanNode& node, std::string_view text);

}  // namespace vigia::promql
