#include "promql/engine/query.h"

#include <algorithm>
#include <string>
#include <utility>

#include "promql/exec/builder.h"
#include "promql/exec/collect.h"
#include "promql/plan/lower.h"
#include "promql/plan/passes.h"

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
  std::ranges::sort(matrix, [](const Series& a, const Series& b) { return a.metric < b.metric; });
  stats.sort_seconds = SecondsSince(start);
}

Result<Value> Evaluate(const PlanNode& plan, const QueryRequest& request, QueryContext& context, Builder& builder,
                       QueryStats& stats) {
  if (plan.type == ValueType::kMatrix) {
    const Result<RangeSourcePtr> root = builder.BuildRangeRoot(plan);
    if (!root) return root.error();
    std::uint64_t samples = 0;
    Result<Matrix> matrix = CollectWindows(context, **root, samples);
    builder.CountSamples(samples);
    if (!matrix) return matrix.error();
    Sort(*matrix, stats);
    return Value(std::move(*matrix));
  }
  const Result<OperatorPtr> root = builder.BuildRoot(plan);
  if (!root) return root.error();
  if (IsRange(request)) {
    Result<Matrix> matrix = CollectMatrix(**root);
    if (!matrix) return matrix.error();
    Sort(*matrix, stats);
    return Value(std::move(*matrix));
  }
  Result<Vector> vector = CollectVector(**root);
  if (!vector) return vector.error();
  if (plan.type != ValueType::kScalar) return Value(std::move(*vector));
  if (vector->empty()) return Error{Errc::kInternal, "a scalar has no value"};
  return Value(Scalar{request.start_ms, vector->front().v});
}

}  // namespace

Result<PlanPtr> PrepareQuery(const QueryRequest& request, const QueryEnvironment& environment) {
  const Result<ExprPtr> expr = ParseExpr(request.text, environment.options.parser);
  if (!expr) return expr.error();
  const ValueType type = (*expr)->type;
  if (IsRange(request) && type != ValueType::kVector && type != ValueType::kScalar) {
    return Error{Errc::kInvalid, "invalid expression type \"" + std::string(DocumentedName(type)) +
                                     "\" for range query, must be Scalar or instant Vector"};
  }
  Result<PlanPtr> plan = Lower(**expr, {TimesOf(request), environment.default_subquery_step_ms});
  if (!plan) return plan;
  FoldConstants(*plan);
  HoistStepInvariants(*plan);
  AddHints(**plan);
  return plan;
}

Status RunQuery(PlanNode& plan, const QueryRequest& request, const QueryEnvironment& environment, QueryResult& result) {
  auto start = SteadyClock::now();
  if (const auto* text = plan.As<StringNode>()) {
    result.value = String{request.start_ms, text->value};
    return {};
  }
  const DurationMs lookback_ms = LookbackOf(request, environment);
  const std::uint64_t max_steps = SampleBudget(environment.options.max_samples).max_slots();
  const Result<TimeBounds> bounds = AssignTimes(plan, TimesOf(request).ToSteps(), lookback_ms, max_steps);
  if (!bounds) return bounds.error();
  const std::unique_ptr<storage::Querier> querier =
      environment.storage.NewQuerier(std::min(bounds->first_ms, bounds->last_ms), bounds->last_ms);
  QueryContextOptions options;
  options.text = request.text;
  options.lookback_delta_ms = lookback_ms;
  options.max_samples = environment.options.max_samples;
  options.name_removal = environment.options.delayed_name_removal ? NameRemoval::kDelayed : NameRemoval::kImmediate;
  options.cancel = request.cancel;
  options.deadline = environment.deadline;
  QueryContext context(std::move(options), *querier);
  Builder builder(context);
  result.stats.preparation_seconds += SecondsSince(start);
  start = SteadyClock::now();
  Result<Value> value = Evaluate(plan, request, context, builder, result.stats);
  result.stats.eval_seconds = SecondsSince(start) - result.stats.sort_seconds;
  result.stats.total_samples = builder.total_samples();
  result.stats.samples_read = context.samples_read();
  result.stats.peak_samples = context.budget().peak();
  if (!value) return value.error();
  result.value = std::move(*value);
  result.annotations = context.annotations().Render();
  return {};
}

}  // namespace vigia::promql
