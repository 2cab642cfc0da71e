// The part of the builder that knows the functions.
#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "promql/exec/builder.h"
#include "promql/exec/clock_operator.h"
#include "promql/exec/conversion_operators.h"
#include "promql/exec/evaluation_error.h"
#include "promql/exec/histogram_function_operator.h"
#include "promql/exec/info_operator.h"
#include "promql/exec/label_operators.h"
#include "promql/exec/map_operators.h"
#include "promql/exec/merge_series_operator.h"
#include "promql/exec/range_function_operator.h"
#include "promql/exec/scalar_binary_operator.h"
#include "promql/exec/sort_operator.h"
#include "promql/functions/instant_function.h"
#include "promql/functions/label_functions.h"
#include "promql/functions/range_function.h"
#include "promql/histogram/native_quantile.h"

namespace vigia::promql {

using storage::Result;
using storage::Status;

namespace {

std::string StringArgument(const CallNode& n, std::size_t i) {
  const auto* text = i < n.args.size() ? n.args[i]->As<StringNode>() : nullptr;
  return text == nullptr ? std::string() : text->value;
}

std::vector<std::string> StringArgumentsFrom(const CallNode& n, std::size_t first) {
  std::vector<std::string> strings;
  for (std::size_t i = first; i < n.args.size(); ++i) strings.push_back(StringArgument(n, i));
  return strings;
}

LabelRoom RoomForLabels(QueryContext& context) {
  return [&budget = context.budget()](std::uint64_t value_bytes, std::uint64_t more_bytes) -> Status {
    if (Status status = budget.CheckLabelValue(value_bytes); !status) return status;
    return budget.ReserveLabels(more_bytes);
  };
}

// The functions that are a number of each histogram.
HistogramFieldOperator::Field HistogramFieldOf(FunctionId function) {
  using storage::FloatHistogram;
  if (function == FunctionId::kHistogramCount) return [](const FloatHistogram& h) { return h.count; };
  if (function == FunctionId::kHistogramSum) return [](const FloatHistogram& h) { return h.sum; };
  if (function == FunctionId::kHistogramAvg) return [](const FloatHistogram& h) { return NativeAverage(h); };
  if (function == FunctionId::kHistogramStddev) return &NativeDeviation;
  if (function == FunctionId::kHistogramStdvar) return &NativeVariance;
  return nullptr;
}

}  // namespace

namespace {

// The functions for which `allowed` holds, as messages list them.
std::string NamesOf(bool RangeFunctionSpec::*allowed) {
  std::vector<std::string> names;
  for (const RangeFunctionSpec* spec : AllRangeFunctions()) {
    if (spec->*allowed) names.emplace_back(spec->name);
  }
  std::ranges::sort(names);
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

storage::Status CheckWindowKind(const PlanNode& range, const RangeFunctionSpec& spec) {
  const auto* select = Unwrapped(range).As<RangeSelectNode>();
  const auto refuse = [&](std::string_view modifier, bool RangeFunctionSpec::*allowed) {
    return EvaluationError(std::string(modifier) + " modifier can only be used with: " + NamesOf(allowed) +
                           " - not with " + std::string(spec.name));
  };
  if (select == nullptr || select->kind == WindowKind::kPlain) return {};
  if (select->kind == WindowKind::kAnchored && !spec.allows_anchored) {
    return refuse("anchored", &RangeFunctionSpec::allows_anchored);
  }
  if (select->kind == WindowKind::kSmoothed && !spec.allows_smoothed) {
    return refuse("smoothed", &RangeFunctionSpec::allows_smoothed);
  }
  return {};
}

}  // namespace

Result<OperatorPtr> Builder::Make(const PlanNode& node, const CallNode& n) {
  const std::string_view name = SignatureOf(n.function).name;
  if (n.function == FunctionId::kAbsentOverTime || FindRangeFunction(name) != nullptr) {
    return MakeRangeFunction(node, n);
  }
  if (FindInstantFunction(name) != nullptr) return MakeInstantFunction(node, n);
  return MakeSpecialFunction(node, n);
}

Result<OperatorPtr> Builder::MakeRangeFunction(const PlanNode& node, const CallNode& n) {
  const bool absent = n.function == FunctionId::kAbsentOverTime;
  const RangeFunctionSpec* spec = FindRangeFunction(absent ? "present_over_time" : SignatureOf(n.function).name);
  if (spec == nullptr || spec->range_argument >= n.args.size()) return EvaluationError("wrong arguments of a function");
  RangeFunctionOperator::Arguments arguments;
  arguments.first_argument = n.args.front()->pos;
  for (std::size_t i = 0; i < n.args.size(); ++i) {
    if (i == spec->range_argument) continue;
    Result<OperatorPtr> scalar = Build(*n.args[i]);
    if (!scalar) return scalar;
    arguments.scalars.push_back(std::move(*scalar));
  }
  const PlanNode& range = *n.args[spec->range_argument];
  if (const storage::Status status = CheckWindowKind(range, *spec); !status) return status.error();
  // What the expression of a subquery touches does not count; what the windows hold of its results does.
  const PlanNode& subquery = Unwrapped(range);
  const bool is_subquery = subquery.As<SubqueryNode>() != nullptr;
  // The reference puts a selector without a place in the text where the subquery was.
  if (is_subquery && spec->range_argument == 0) arguments.first_argument = {};
  SampleCounter* const inner = NewCounter(is_subquery ? subquery.As<SubqueryNode>()->input->steps.count : 1);
  SampleCounter* const samples = std::exchange(samples_, inner);
  Result<RangeSourcePtr> source = BuildRange(range);
  samples_ = samples;
  if (!source) return source.error();
  if (is_subquery) nested_.push_back({samples, inner, &subquery});
  arguments.range = std::move(*source);
  OperatorPtr call =
      std::make_unique<RangeFunctionOperator>(context_, node.steps, *spec, std::move(arguments), samples_);
  if (absent) {
    const auto* select = Unwrapped(range).As<RangeSelectNode>();
    return OperatorPtr(std::make_unique<AbsentOperator>(context_, std::move(call),
                                                        select == nullptr ? Labels() : AbsentLabels(select->matchers)));
  }
  if (spec->keeps_metric_name || context_.delayed_name_removal() || node.is_projected) return call;
  return OperatorPtr(std::make_unique<MergeSeriesOperator>(context_, std::move(call), EqualLabels::kRefused));
}

Result<OperatorPtr> Builder::MakeInstantFunction(const PlanNode& node, const CallNode& n) {
  const InstantFunctionSpec* spec = FindInstantFunction(SignatureOf(n.function).name);
  OperatorPtr vector;
  std::vector<OperatorPtr> scalars;
  for (const PlanPtr& arg : n.args) {
    Result<OperatorPtr> built = Build(*arg);
    if (!built) return built;
    if (arg->type == ValueType::kScalar) {
      scalars.push_back(std::move(*built));
    } else {
      vector = std::move(*built);
    }
  }
  // The date functions without argument are theirs of vector(time()).
  if (!vector) vector = std::make_unique<TimeOperator>(context_, node.steps);
  return MergedIfNeeded(
      node, std::make_unique<InstantFunctionOperator>(context_, *spec, std::move(vector), std::move(scalars)));
}

Result<OperatorPtr> Builder::MakeSpecialFunction(const PlanNode& node, const CallNode& n) {
  const auto is = [&](auto... functions) { return ((n.function == functions) || ...); };
  if (is(FunctionId::kTime)) return OperatorPtr(std::make_unique<TimeOperator>(context_, node.steps));
  if (is(FunctionId::kAbsent)) return MakeAbsent(n);
  if (is(FunctionId::kTimestamp, FunctionId::kStartTimestamp)) return MakeTimestamp(n);
  if (is(FunctionId::kSort, FunctionId::kSortDesc, FunctionId::kSortByLabel, FunctionId::kSortByLabelDesc)) {
    return MakeSort(node, n);
  }
  if (is(FunctionId::kLabelReplace)) return MakeLabelReplace(n);
  if (is(FunctionId::kLabelJoin)) return MakeLabelJoin(n);
  if (is(FunctionId::kHistogramQuantile, FunctionId::kHistogramQuantiles, FunctionId::kHistogramFraction)) {
    return MakeHistogramFunction(n);
  }
  if (is(FunctionId::kMinOf, FunctionId::kMaxOf)) return MakeScalarChoice(n);
  if (is(FunctionId::kInfo)) return MakeInfo(n);
  const HistogramFieldOperator::Field field = HistogramFieldOf(n.function);
  if (n.args.size() != 1 || !(is(FunctionId::kScalar, FunctionId::kVector) || field != nullptr)) {
    return EvaluationError("function " + std::string(SignatureOf(n.function).name) + "() is not supported yet");
  }
  Result<OperatorPtr> input = Build(*n.args.front());
  if (!input) return input;
  if (n.function == FunctionId::kScalar)
    return OperatorPtr(std::make_unique<ScalarOperator>(context_, std::move(*input)));
  if (n.function == FunctionId::kVector)
    return OperatorPtr(std::make_unique<VectorOperator>(context_, std::move(*input)));
  return MergedUnlessDelayed(std::make_unique<HistogramFieldOperator>(context_, field, std::move(*input)));
}

Result<OperatorPtr> Builder::MakeAbsent(const CallNode& n) {
  Result<OperatorPtr> input = Build(*n.args.front());
  if (!input) return input;
  const auto* select = Unwrapped(*n.args.front()).As<SelectNode>();
  return OperatorPtr(std::make_unique<AbsentOperator>(context_, std::move(*input),
                                                      select == nullptr ? Labels() : AbsentLabels(select->matchers)));
}

Result<OperatorPtr> Builder::MakeTimestamp(const CallNode& n) {
  Result<OperatorPtr> input = Build(*n.args.front());
  if (!input) return input;
  const auto* select = Unwrapped(*n.args.front()).As<SelectNode>();
  const bool of_start = n.function == FunctionId::kStartTimestamp;
  const bool are_read = select != nullptr && (of_start ? select->sample_start : select->sample_time);
  const auto instead = of_start ? TimestampOperator::Values::kAreUnknown : TimestampOperator::Values::kAreReplaced;
  const auto values = are_read ? TimestampOperator::Values::kAreTimes : instead;
  return MergedUnlessDelayed(std::make_unique<TimestampOperator>(context_, std::move(*input), values));
}

Result<OperatorPtr> Builder::MakeSort(const PlanNode& node, const CallNode& n) {
  Result<OperatorPtr> input = Build(*n.args.front());
  if (!input) return input;
  SortOrder order;
  if (n.function == FunctionId::kSortByLabel || n.function == FunctionId::kSortByLabelDesc) {
    order.by = SortOrder::By::kLabels;
    order.labels = StringArgumentsFrom(n, 1);
  }
  if (n.function == FunctionId::kSortDesc || n.function == FunctionId::kSortByLabelDesc) {
    order.direction = SortOrder::Direction::kDescending;
  }
  return OperatorPtr(std::make_unique<SortOperator>(context_, std::move(*input), std::move(order), node.pos));
}

Result<OperatorPtr> Builder::MakeLabelReplace(const CallNode& n) {
  Result<OperatorPtr> input = Build(*n.args.front());
  if (!input) return input;
  const auto replacement =
      LabelReplacement::Create(StringArgument(n, 1), StringArgument(n, 2), StringArgument(n, 3), StringArgument(n, 4));
  if (!replacement) return AsEvaluationError(replacement.error());
  const auto change = [replacement = *replacement, room = RoomForLabels(context_)](SeriesInfo& info) -> Status {
    const Result<bool> matched = replacement.Apply(info.labels, room);
    if (!matched) return matched.error();
    if (*matched && replacement.destination() == storage::kMetricName) info.drop_name = false;
    return {};
  };
  return Merged(std::make_unique<RelabelOperator>(context_, std::move(*input), change));
}

Result<OperatorPtr> Builder::MakeLabelJoin(const CallNode& n) {
  Result<OperatorPtr> input = Build(*n.args.front());
  if (!input) return input;
  const auto join = LabelJoin::Create(StringArgument(n, 1), StringArgument(n, 2), StringArgumentsFrom(n, 3));
  if (!join) return AsEvaluationError(join.error());
  const auto change = [join = *join, room = RoomForLabels(context_)](SeriesInfo& info) -> Status {
    if (Status status = join.Apply(info.labels, room); !status) return status;
    if (join.destination() == storage::kMetricName) info.drop_name = false;
    return {};
  };
  return Merged(std::make_unique<RelabelOperator>(context_, std::move(*input), change));
}

Result<OperatorPtr> Builder::MakeHistogramFunction(const CallNode& n) {
  HistogramFunction function;
  if (n.function == FunctionId::kHistogramFraction) function.kind = HistogramFunction::Kind::kFraction;
  if (n.function == FunctionId::kHistogramQuantiles) function.quantile_label = StringArgument(n, 1);
  OperatorPtr vector;
  for (const PlanPtr& arg : n.args) {
    if (arg->type == ValueType::kString) continue;
    Result<OperatorPtr> built = Build(*arg);
    if (!built) return built;
    if (arg->type == ValueType::kScalar) {
      function.parameters.push_back(std::move(*built));
      function.parameter_positions.push_back(arg->pos);
    } else {
      vector = std::move(*built);
      function.vector_position = arg->pos;
    }
  }
  if (!vector) return EvaluationError("a histogram function needs a vector");
  return Merged(std::make_unique<HistogramFunctionOperator>(context_, std::move(function), std::move(vector)));
}

Result<OperatorPtr> Builder::MakeInfo(const CallNode& n) {
  if (n.args.size() != 2 || n.args[1]->As<SelectNode>() == nullptr)
    return EvaluationError("info() needs to know which metrics to take labels from");
  Result<OperatorPtr> input = Build(*n.args[0]);
  if (!input) return input;
  return Merged(std::make_unique<InfoOperator>(context_, std::move(*input), *n.args[1], samples_));
}

Result<OperatorPtr> Builder::MakeScalarChoice(const CallNode& n) {
  if (n.args.size() != 2) return EvaluationError("wrong arguments of a function");
  Result<OperatorPtr> lhs = Build(*n.args[0]);
  if (!lhs) return lhs;
  Result<OperatorPtr> rhs = Build(*n.args[1]);
  if (!rhs) return rhs;
  const auto choose = n.function == FunctionId::kMinOf ? &MinOf : &MaxOf;
  return OperatorPtr(std::make_unique<ScalarBinaryOperator>(context_, choose, std::move(*lhs), std::move(*rhs)));
}

}  // namespace vigia::promql
