#include "promql/engine/query.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "promql/engine/explain.h"
#include "promql/exec/builder.h"
#include "promql/exec/collect.h"
#include "promql/parser/printer.h"
#include "promql/plan/lower.h"
#include "promql/plan/passes.h"
#include "storage/model/label_order.h"

namespace vigia::promql {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;
using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

bool IsRange(const QueryRequest& request) { return request.step_ms > 0; }

QueryTimes TimesOf(const QueryRequest& request) { return {request.start_ms, request.end_ms, request.step_ms}; }

DurationMs LookbackOf(const QueryRequest& request, const QueryEnvironment& environment) {
  return request.lookback_delta_ms.value_or(environment.options.lookback_delta_ms);
}

void Sort(Matrix& matrix, QueryStats& stats) {
  const auto start = SteadyClock::now();
  std::vector<const Labels*> metrics;
  metrics.reserve(matrix.size());
  for (const Series& series : matrix) metrics.push_back(&series.metric);
  Matrix sorted;
  sorted.reserve(matrix.size());
  for (const std::uint32_t i : storage::SortedOrder(metrics)) sorted.push_back(std::move(matrix[i]));
  matrix = std::move(sorted);
  stats.sort_seconds = SecondsSince(start);
}

Result<Value> Evaluate(const PlanNode& plan, const QueryRequest& request, QueryContext& context, Builder& builder,
                       QueryStats& stats) {
  if (plan.type == ValueType::kMatrix) {
    const Result<RangeSourcePtr> root = builder.BuildRangeRoot(plan);
    if (!root) return root.error();
    Result<Matrix> matrix = CollectWindows(context, **root, builder.samples());
    if (!matrix) return matrix.error();
    Sort(*matrix, stats);
    return Value(std::move(*matrix));
  }
  const Result<OperatorPtr> root = builder.BuildRoot(plan);
  if (!root) return root.error();
  if (IsRange(request)) {
    Result<Matrix> matrix = CollectMatrix(**root, context.budget());
    if (!matrix) return matrix.error();
    Sort(*matrix, stats);
    return Value(std::move(*matrix));
  }
  Result<Vector> vector = CollectVector(**root, context.budget());
  if (!vector) return vector.error();
  if (plan.type != ValueType::kScalar) return Value(std::move(*vector));
  if (vector->empty()) return Error{Errc::kInternal, "a scalar has no value"};
  return Value(Scalar{request.start_ms, vector->front().v});
}

Result<TimeBounds> AssignQueryTimes(PlanNode& plan, const QueryRequest& request, const QueryEnvironment& environment) {
  const std::uint64_t max_steps = SampleBudget(environment.options.max_samples).max_slots();
  return AssignTimes(plan, TimesOf(request).ToSteps(), LookbackOf(request, environment), max_steps);
}

QueryContextOptions ContextOptions(const PlanNode& plan, const QueryRequest& request,
                                   const QueryEnvironment& environment, const QueryWatch& watch) {
  QueryContextOptions options;
  options.text = request.text;
  options.lookback_delta_ms = LookbackOf(request, environment);
  options.max_samples = environment.options.max_samples;
  options.name_removal = environment.options.delayed_name_removal ? NameRemoval::kDelayed : NameRemoval::kImmediate;
  options.use_start_timestamps = environment.options.use_start_timestamps;
  options.cancel = watch.cancel;
  options.deadline = environment.deadline;
  options.memory = &watch.memory;
  options.progress = &watch.progress;
  options.workers = environment.workers;
  options.analyze = request.analyze == Analyze::kYes;
  if (request.step_stats && environment.options.per_step_stats) options.count_steps = plan.steps.count;
  return options;
}

void ReadCounts(const PlanNode& plan, const QueryContext& context, const SampleCounter& samples, QueryStats& stats) {
  stats.total_samples = samples.total();
  stats.samples_read = samples.read();
  stats.peak_samples = context.budget().peak();
  if (samples.keeps_steps() && plan.steps.single()) {
    // Everything belongs to the only step, also what a subquery at the root counts on its own grid.
    stats.total_samples_by_step = {samples.total()};
    stats.samples_read_by_step = {samples.read()};
  } else {
    stats.total_samples_by_step.assign(samples.total_by_step().begin(), samples.total_by_step().end());
    stats.samples_read_by_step.assign(samples.read_by_step().begin(), samples.read_by_step().end());
  }
  stats.first_step_ms = plan.steps.start_ms;
  stats.step_ms = plan.steps.interval_ms;
}

}  // namespace

Result<PreparedQuery> PrepareQuery(const QueryRequest& request, const QueryEnvironment& environment) {
  const Result<ExprPtr> expr = ParseExpr(request.text, environment.options.parser);
  if (!expr) return expr.error();
  const ValueType type = (*expr)->type;
  if (IsRange(request) && type != ValueType::kVector && type != ValueType::kScalar) {
    return Error{Errc::kInvalid, "invalid expression type \"" + std::string(DocumentedName(type)) +
                                     "\" for range query, must be Scalar or instant Vector"};
  }
  Result<PlanPtr> plan = Lower(**expr, {TimesOf(request), environment.default_subquery_step_ms});
  if (!plan) return plan.error();
  FoldConstants(*plan);
  HoistStepInvariants(*plan);
  AddHints(**plan);
  ProjectLabels(**plan);
  const bool is_short = request.text.size() <= TopQueries::kMaxTextBytes;
  std::optional<StepReach> reach;
  if (IsRange(request)) {
    reach = ReachOfSteps(**expr, **plan, {LookbackOf(request, environment), environment.options.delayed_name_removal});
  }
  return PreparedQuery{std::move(*plan), is_short ? ToString(**expr) : request.text, reach};
}

Result<ExplainNode> ExplainQuery(const QueryRequest& request, const QueryEnvironment& environment) {
  Result<PreparedQuery> prepared = PrepareQuery(request, environment);
  if (!prepared) return prepared.error();
  PlanNode& plan = *prepared->plan;
  if (const auto bounds = AssignQueryTimes(plan, request, environment); !bounds) return bounds.error();
  return ExplainPlan(plan, request.text, nullptr);
}

Status RunQuery(PlanNode& plan, const QueryRequest& request, const QueryEnvironment& environment,
                const QueryWatch& watch, QueryResult& result, RunReport& report) {
  auto start = SteadyClock::now();
  const Result<TimeBounds> bounds = AssignQueryTimes(plan, request, environment);
  report.hit_samples = !bounds;
  if (!bounds) return bounds.error();
  if (const auto* text = plan.As<StringNode>()) {
    result.value = String{request.start_ms, text->value};
    if (request.analyze == Analyze::kYes) {
      result.explain = std::make_shared<ExplainNode>(ExplainPlan(plan, request.text, nullptr));
    }
    return {};
  }
  const std::unique_ptr<storage::Querier> querier =
      environment.storage.NewQuerier(std::min(bounds->first_ms, bounds->last_ms), bounds->last_ms);
  QueryContext context(ContextOptions(plan, request, environment, watch), *querier);
  Builder builder(context);
  result.stats.preparation_seconds += SecondsSince(start);
  start = SteadyClock::now();
  Result<Value> value = Evaluate(plan, request, context, builder, result.stats);
  result.stats.eval_seconds = SecondsSince(start) - result.stats.sort_seconds;
  ReadCounts(plan, context, builder.FinishCounting(), result.stats);
  report = {context.budget().exceeded(), watch.memory.refused() || context.budget().labels_exceeded(),
            context.IsWhole()};
  if (!value) return value.error();
  result.value = std::move(*value);
  result.annotations = context.annotations().Render();
  if (request.analyze == Analyze::kYes) {
    result.explain = std::make_shared<ExplainNode>(ExplainPlan(plan, request.text, &context));
  }
  return {};
}

}  // namespace vigia::promql
