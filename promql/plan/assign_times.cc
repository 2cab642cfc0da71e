#include "promql/plan/passes.h"

namespace vigia::promql {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

// The first multiple of `step` after `t`, for either sign.
TimestampMs FirstMultipleAfter(TimestampMs t, DurationMs step) {
  const TimestampMs truncated = t / step * step;
  return truncated <= t ? truncated + step : truncated;
}

class Assigner {
 public:
  Assigner(DurationMs lookback_delta_ms, std::uint64_t max_steps)
      : lookback_delta_ms_(lookback_delta_ms), max_steps_(max_steps) {}

  Status Run(PlanNode& plan, const Steps& steps) {
    plan.steps = steps;
    if (steps.count > max_steps_) {
      return Error{Errc::kLimit, "query processing would load too many samples into memory in query execution"};
    }
    if (auto* select = plan.As<SelectNode>()) {
      SetRange(select->hints, select->shift, steps, lookback_delta_ms_, select->smoothed ? lookback_delta_ms_ : 0);
      select->hints.lookback_ms = select->smoothed ? 0 : lookback_delta_ms_;
      return {};
    }
    if (auto* select = plan.As<RangeSelectNode>()) {
      const DurationMs before = select->kind == WindowKind::kPlain ? 0 : lookback_delta_ms_;
      const DurationMs after = select->kind == WindowKind::kSmoothed ? lookback_delta_ms_ : 0;
      SetRange(select->hints, select->shift, steps, select->range_ms + before, after);
      return {};
    }
    if (auto* subquery = plan.As<SubqueryNode>()) {
      return Run(*subquery->input, InnerSteps(*subquery, steps));
    }
    if (auto* invariant = plan.As<StepInvariantNode>()) {
      return Run(*invariant->input, {steps.start_ms, steps.interval_ms, steps.count == 0 ? 0u : 1u});
    }
    Status status;
    ForEachChild(plan, [&](PlanPtr& child) {
      if (status) status = Run(*child, steps);
    });
    return status;
  }

  const TimeBounds& bounds() const { return bounds_; }

 private:
  // Windows are open on the left: a sample exactly `reach` old is not seen.
  void SetRange(storage::SelectHints& hints, const TimeShift& shift, const Steps& steps, DurationMs reach,
                DurationMs beyond) {
    hints.start_ms = shift.Apply(steps.start_ms) - reach + 1;
    hints.end_ms = shift.Apply(steps.last_ms()) + beyond;
    hints.step_ms = steps.single() ? 0 : steps.interval_ms;
    // The hint of the first histogram depends on the one before it: readers may look for that, too.
    if (steps.count > 0) bounds_.Include(hints.start_ms - lookback_delta_ms_, hints.end_ms);
  }

  static Steps InnerSteps(const SubqueryNode& subquery, const Steps& steps) {
    const TimestampMs after = subquery.shift.Apply(steps.start_ms) - subquery.range_ms;
    const TimestampMs end = subquery.shift.Apply(steps.last_ms());
    Steps inner{FirstMultipleAfter(after, subquery.step_ms), subquery.step_ms, 0};
    if (steps.count == 0 || end < inner.start_ms) return inner;
    inner.count = static_cast<std::size_t>((end - inner.start_ms) / inner.interval_ms) + 1;
    return inner;
  }

  const DurationMs lookback_delta_ms_;
  const std::uint64_t max_steps_;
  TimeBounds bounds_;
};

}  // namespace

Result<TimeBounds> AssignTimes(PlanNode& plan, const Steps& steps, DurationMs lookback_delta_ms,
                               std::uint64_t max_steps) {
  Assigner assigner(lookback_delta_ms, max_steps);
  if (const Status status = assigner.Run(plan, steps); !status) return status.error();
  return assigner.bounds();
}

}  // namespace vigia::promql
