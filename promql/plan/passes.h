// The rewrites of a plan, one file each, in the order in which they run.
#pragma once

#include "promql/plan/plan.h"
#include "promql/plan/steps.h"
#include "storage/model/error.h"

namespace vigia::promql {

// Operators and unary minus over numbers become numbers. Computes exactly what evaluation would.
void FoldConstants(PlanPtr& plan);

// Wraps the largest subtrees that give the same at every step (surface.md 4.4).
void HoistStepInvariants(PlanPtr& plan);

// Tells storage what is done with each selection: function, grouping, range, step; and selectors what is looked at of
// native histograms.
void AddHints(PlanNode& plan);

// Below an aggregation that keeps a few labels, reads only these and the name where that is safe: where series of one
// metric reach the aggregation one by one, so that dropping the name makes no two of them equal.
void ProjectLabels(PlanNode& plan);

struct TimeBounds {
  TimestampMs first_ms = storage::kMaxTimestampMs;
  TimestampMs last_ms = storage::kMinTimestampMs;
  void Include(TimestampMs first, TimestampMs last) {
    if (first < first_ms) first_ms = first;
    if (last > last_ms) last_ms = last;
  }
};

// Sets every node's steps and every selection's time range; returns the union of the ranges. Fails with kLimit when a
// grid has more than `max_steps` steps: rows have a slot for each.
storage::Result<TimeBounds> AssignTimes(PlanNode& plan, const Steps& steps, DurationMs lookback_delta_ms,
                                        std::uint64_t max_steps);

}  // namespace vigia::promql
