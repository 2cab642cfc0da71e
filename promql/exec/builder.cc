#include "promql/exec/builder.h"

#include <utility>

#include "promql/exec/aggregate_operator.h"
#include "promql/exec/clock_operator.h"
#include "promql/exec/count_values_operator.h"
#include "promql/exec/evaluation_error.h"
#include "promql/exec/join_operator.h"
#include "promql/exec/label_operators.h"
#include "promql/exec/label_watch_operator.h"
#include "promql/exec/map_operators.h"
#include "promql/exec/merge_series_operator.h"
#include "promql/exec/profiled_range_source.h"
#include "promql/exec/rank_operator.h"
#include "promql/exec/scalar_binary_operator.h"
#include "promql/exec/select_operator.h"
#include "promql/exec/set_operator.h"
#include "promql/exec/smoothed_select_operator.h"
#include "promql/exec/step_invariant_operator.h"
#include "promql/exec/stored_range_source.h"
#include "promql/plan/scalar_math.h"

namespace vigia::promql {

using storage::Result;

OperatorPtr Builder::Merged(OperatorPtr input) {
  return std::make_unique<MergeSeriesOperator>(context_, std::move(input), EqualLabels::kMerged);
}

OperatorPtr Builder::MergedUnlessDelayed(OperatorPtr input) {
  return context_.delayed_name_removal() ? std::move(input) : Merged(std::move(input));
}

OperatorPtr Builder::MergedIfNeeded(const PlanNode& node, OperatorPtr input) {
  return node.is_projected ? std::move(input) : MergedUnlessDelayed(std::move(input));
}

Result<OperatorPtr> Builder::BuildRoot(const PlanNode& node) {
  Result<OperatorPtr> root = Build(node);
  if (!root || !context_.delayed_name_removal()) return root;
  return Merged(std::make_unique<RelabelOperator>(context_, std::move(*root), &RemoveMarkedName));
}

Builder::Builder(QueryContext& context) : context_(context), samples_(NewCounter(context.count_steps())) {}

SampleCounter* Builder::NewCounter(std::size_t steps) {
  SampleCounter* const counter = context_.NewSampleCounter();
  if (context_.count_steps() > 0) counter->KeepSteps(steps);
  return counter;
}

const SampleCounter& Builder::FinishCounting() {
  for (const Nested& nested : nested_) {
    if (const auto* subquery = nested.node->As<SubqueryNode>()) {
      const TimeShift& shift = subquery->shift;
      nested.outer->AddReadsOf(*nested.inner, subquery->input->steps, nested.node->steps,
                               shift.at_ms ? storage::kMinTimestampMs : shift.offset_ms);
    } else {
      nested.outer->AddRepeated(*nested.inner, nested.node->steps.count);
    }
  }
  nested_.clear();
  return *samples_;
}

Result<OperatorPtr> Builder::Build(const PlanNode& node) {
  Result<OperatorPtr> built = std::visit([&](const auto& n) { return Make(node, n); }, node.node);
  if (!built) return built;
  (*built)->Observe(context_.ProfileOf(node));
  // Whoever reads the operator fills a batch of this size.
  const std::uint64_t steps = (*built)->steps().count;
  const std::uint64_t slots = steps * RowBatch::Capacity(steps);
  if (storage::Status status = context_.budget().ReserveBytes(slots * SampleBudget::kBytesPerSlot); !status) {
    return status.error();
  }
  return built;
}

RangeSourcePtr Builder::Observed(const PlanNode& node, RangeSourcePtr source) {
  OperatorProfile* const profile = context_.ProfileOf(node);
  if (profile == nullptr) return source;
  return std::make_unique<ProfiledRangeSource>(context_, *profile, std::move(source));
}

Result<RangeSourcePtr> Builder::BuildRangeRoot(const PlanNode& node) {
  const auto* subquery = Unwrapped(node).As<SubqueryNode>();
  if (subquery == nullptr) return BuildRange(node);
  Result<OperatorPtr> input = BuildRoot(*subquery->input);
  if (!input) return input.error();
  const PlanNode& inner = Unwrapped(node);
  return Observed(inner, std::make_unique<SubqueryRangeSource>(node.steps, *subquery, std::move(*input)));
}

Result<RangeSourcePtr> Builder::BuildRange(const PlanNode& wrapped) {
  const PlanNode& node = Unwrapped(wrapped);
  if (const auto* select = node.As<RangeSelectNode>()) {
    RangeGrid grid = GridOf(node.steps, select->shift, select->range_ms);
    grid.kind = select->kind;
    grid.lookback_ms = context_.lookback_delta_ms();
    return Observed(
        node, std::make_unique<StoredRangeSource>(context_, select->matchers, select->hints, grid, select->detail));
  }
  const auto* subquery = node.As<SubqueryNode>();
  if (subquery == nullptr) return EvaluationError("a range vector is expected");
  Result<OperatorPtr> input = Build(*subquery->input);
  if (!input) return input.error();
  return Observed(node, std::make_unique<SubqueryRangeSource>(node.steps, *subquery, std::move(*input)));
}

Result<OperatorPtr> Builder::Make(const PlanNode& node, const NumberNode& n) {
  return OperatorPtr(std::make_unique<NumberOperator>(context_, node.steps, n.value));
}

Result<OperatorPtr> Builder::Make(const PlanNode&, const StringNode&) {
  return EvaluationError("a string is not a value of this place");
}

Result<OperatorPtr> Builder::Make(const PlanNode& node, const SelectNode& n) {
  if (n.smoothed && !n.sample_time && !n.sample_start) {
    return OperatorPtr(std::make_unique<SmoothedSelectOperator>(context_, node.steps, n, node.pos, samples_));
  }
  return OperatorPtr(std::make_unique<SelectOperator>(context_, node.steps, n, samples_));
}

Result<OperatorPtr> Builder::Make(const PlanNode&, const RangeSelectNode&) {
  return EvaluationError("a range vector is not a value of this place");
}

Result<OperatorPtr> Builder::Make(const PlanNode&, const SubqueryNode&) {
  return EvaluationError("a range vector is not a value of this place");
}

Result<OperatorPtr> Builder::Make(const PlanNode& node, const NegateNode& n) {
  Result<OperatorPtr> input = Build(*n.input);
  if (!input) return input;
  OperatorPtr negated = std::make_unique<NegateOperator>(context_, std::move(*input));
  return node.type == ValueType::kScalar ? std::move(negated) : MergedIfNeeded(node, std::move(negated));
}

Result<OperatorPtr> Builder::Make(const PlanNode& node, const StepInvariantNode& n) {
  SampleCounter* const inner = NewCounter(1);
  SampleCounter* const outer = std::exchange(samples_, inner);
  Result<OperatorPtr> input = Build(*n.input);
  samples_ = outer;
  if (!input) return input;
  nested_.push_back({outer, inner, &node});
  return OperatorPtr(std::make_unique<StepInvariantOperator>(context_, node.steps, std::move(*input)));
}

Result<OperatorPtr> Builder::Make(const PlanNode& node, const BinaryNode& n) {
  Result<OperatorPtr> lhs = Build(*n.lhs);
  if (!lhs) return lhs;
  Result<OperatorPtr> rhs = Build(*n.rhs);
  if (!rhs) return rhs;
  const bool scalar_left = n.lhs->type == ValueType::kScalar;
  const bool scalar_right = n.rhs->type == ValueType::kScalar;
  if (scalar_left && scalar_right) {
    auto combine = [op = n.op](double a, double b) { return ScalarBinary(op, a, b); };
    return OperatorPtr(
        std::make_unique<ScalarBinaryOperator>(context_, std::move(combine), std::move(*lhs), std::move(*rhs)));
  }
  if (scalar_left || scalar_right) {
    const VectorSide side = scalar_left ? VectorSide::kRight : VectorSide::kLeft;
    const VectorScalarOperator::Spec spec{n.op, n.return_bool, side, node.pos};
    OperatorPtr& vector = scalar_left ? *rhs : *lhs;
    OperatorPtr& scalar = scalar_left ? *lhs : *rhs;
    return MergedIfNeeded(node,
                          std::make_unique<VectorScalarOperator>(context_, spec, std::move(vector), std::move(scalar)));
  }
  const VectorMatching matching = n.matching.value_or(VectorMatching{});
  if (IsSetOperator(n.op)) {
    return Merged(std::make_unique<SetOperator>(context_, n.op, matching, std::move(*lhs), std::move(*rhs)));
  }
  if (n.watches_labels) {
    OperatorPtr& many = matching.card == Cardinality::kOneToMany ? *rhs : *lhs;
    const bool one_to_one = matching.card == Cardinality::kOneToOne;
    many = std::make_unique<LabelWatchOperator>(context_, std::move(many),
                                                one_to_one ? matching.labels : matching.include);
  }
  return Merged(std::make_unique<JoinOperator>(context_, JoinSpec{n.op, n.return_bool, matching, node.pos},
                                               std::move(*lhs), std::move(*rhs)));
}

namespace {

FoldOp FoldOpOf(AggregateOp op) {
  switch (op) {
    case AggregateOp::kSum: return FoldOp::kSum;
    case AggregateOp::kAvg: return FoldOp::kAvg;
    case AggregateOp::kCount: return FoldOp::kCount;
    case AggregateOp::kMin: return FoldOp::kMin;
    case AggregateOp::kMax: return FoldOp::kMax;
    case AggregateOp::kStddev: return FoldOp::kStddev;
    case AggregateOp::kStdvar: return FoldOp::kStdvar;
    case AggregateOp::kGroup:
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
    case AggregateOp::kCountValues:
    case AggregateOp::kQuantile:
    case AggregateOp::kLimitk:
    case AggregateOp::kLimitRatio: break;
  }
  return FoldOp::kGroup;
}

}  // namespace

Result<OperatorPtr> Builder::Make(const PlanNode& node, const AggregateNode& n) {
  Result<OperatorPtr> input = Build(*n.input);
  if (!input) return input;
  const GroupingSpec grouping{n.without, n.grouping};
  if (n.op == AggregateOp::kCountValues) {
    const auto* label = n.param ? n.param->As<StringNode>() : nullptr;
    if (label == nullptr) return EvaluationError("count_values needs the name of a label");
    return OperatorPtr(std::make_unique<CountValuesOperator>(context_, label->value, grouping, std::move(*input)));
  }
  if (!n.param)
    return OperatorPtr(std::make_unique<FoldOperator>(context_, FoldOpOf(n.op), ToString(n.op), grouping,
                                                      std::move(*input), n.input_pos));
  Result<OperatorPtr> param = Build(*n.param);
  if (!param) return param;
  if (n.op == AggregateOp::kQuantile) {
    return OperatorPtr(std::make_unique<QuantileOperator>(context_, std::move(*param), n.param->pos, grouping,
                                                          std::move(*input), n.input_pos));
  }
  const auto ties = n.watches_ties ? RankOperator::Ties::kWatched : RankOperator::Ties::kIgnored;
  return OperatorPtr(std::make_unique<RankOperator>(context_, n.op, std::move(*param), n.param->pos, grouping,
                                                    std::move(*input), node.pos, ties));
}

}  // namespace vigia::promql
