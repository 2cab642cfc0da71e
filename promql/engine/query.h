// One query from text to value, once it has its turn.
#pragma once

#include <chrono>

#include "promql/engine/engine.h"
#include "promql/plan/plan.h"

namespace vigia::promql {

// What a query needs of its engine. Lives for the time of the query.
struct QueryEnvironment {
  const EngineOptions& options;
  const storage::Queryable& storage;
  DurationMs default_subquery_step_ms;
  std::chrono::steady_clock::time_point deadline;
};

// Text to plan. Errors: kInvalid, or kLimit for what cannot be evaluated.
storage::Result<PlanPtr> PrepareQuery(const QueryRequest& request, const QueryEnvironment& environment);

// Fills result.value, result.annotations and the times and counts of result.stats, the counts also after an error.
storage::Status RunQuery(PlanNode& plan, const QueryRequest& request, const QueryEnvironment& environment,
                         QueryResult& result);

}  // namespace vigia::promql
