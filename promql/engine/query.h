// One query from text to value, once it has its turn.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "promql/engine/engine.h"
#include "promql/exec/memory_account.h"
#include "promql/exec/query_progress.h"
#include "promql/exec/worker_pool.h"
#include "promql/plan/plan.h"
#include "promql/plan/step_reach.h"
#include "promql/value/explain_node.h"

namespace vigia::promql {

// What a query needs of its engine. Lives for the time of the query.
struct QueryEnvironment {
  const EngineOptions& options;
  const storage::Queryable& storage;
  DurationMs default_subquery_step_ms;
  std::chrono::steady_clock::time_point deadline;
  WorkerPool* workers = nullptr;
};

// What a running query reports to and takes from. All of it outlives the run.
struct QueryWatch {
  std::stop_token cancel;  // Instead of the request's.
  MemoryAccount& memory;
  QueryProgress& progress;
};

struct PreparedQuery {
  PlanPtr plan;
  std::string normalised;                         // The text as the printer writes it; long texts stay as they are.
  std::optional<StepReach> reach = std::nullopt;  // Of a range query whose results may be put together of parts.
};

// What a run has found out.
struct RunReport {
  bool hit_samples = false;  // Which limits of its own ended the query.
  bool hit_memory = false;
  bool is_whole = false;  // QueryContext::IsWhole.
};

// Text to plan. Errors: kInvalid, or kLimit for what cannot be evaluated.
storage::Result<PreparedQuery> PrepareQuery(const QueryRequest& request, const QueryEnvironment& environment);

// Fills result.value, result.annotations, result.explain and the times and counts of result.stats, the counts and the
// report also after an error.
storage::Status RunQuery(PlanNode& plan, const QueryRequest& request, const QueryEnvironment& environment,
                         const QueryWatch& watch, QueryResult& result, RunReport& report);

// The plan with its times assigned, as users see it.
storage::Result<ExplainNode> ExplainQuery(const QueryRequest& request, const QueryEnvironment& environment);

}  // namespace vigia::promql
