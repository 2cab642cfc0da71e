// Syntax tree to logical plan: durations and @ anchors become numbers, parentheses go, timestamp(selector) reads times.
#pragma once

#include "promql/plan/plan.h"
#include "promql/plan/steps.h"
#include "storage/model/error.h"

namespace vigia::promql {

struct LowerOptions {
  QueryTimes times;
  DurationMs default_subquery_step_ms = 60'000;
};

// Fails with kInvalid for durations without meaning; with kLimit, naming it, for what cannot be evaluated yet.
storage::Result<PlanPtr> Lower(const Expr& expr, const LowerOptions& options);

}  // namespace vigia::promql
