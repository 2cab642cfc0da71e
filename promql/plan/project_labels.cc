#include <algorithm>
#include <string>
#include <vector>

#include "promql/functions/instant_function.h"
#include "promql/functions/range_function.h"
#include "promql/plan/passes.h"

namespace vigia::promql {
namespace {

// Annotations name the metric, and the type decides about one of them; operators take all three away.
constexpr const char* kAlwaysWanted[] = {"__name__", "__type__", "__unit__"};

// Aggregations that use nothing of a series but its group and samples.
bool ForgetsLabels(const AggregateNode& aggregate) {
  if (aggregate.without) return false;
  switch (aggregate.op) {
    case AggregateOp::kSum:
    case AggregateOp::kAvg:
    case AggregateOp::kCount:
    case AggregateOp::kMin:
    case AggregateOp::kMax:
    case AggregateOp::kStddev:
    case AggregateOp::kStdvar:
    case AggregateOp::kGroup:
    case AggregateOp::kQuantile: return true;
    case AggregateOp::kTopk:
    case AggregateOp::kBottomk:
    case AggregateOp::kCountValues:
    case AggregateOp::kLimitk:
    case AggregateOp::kLimitRatio: return false;
  }
  return false;
}

bool IsOfOneMetric(const std::vector<storage::Matcher>& matchers) {
  return std::ranges::any_of(matchers, [](const storage::Matcher& matcher) {
    return matcher.name() == storage::kMetricName && matcher.type() == storage::MatchType::kEqual &&
           !matcher.value().empty();
  });
}

// The one vector among the arguments of a function that maps series one by one; null for other functions.
PlanNode* MappedArgument(CallNode& call) {
  const std::string_view name = SignatureOf(call.function).name;
  if (const RangeFunctionSpec* spec = FindRangeFunction(name)) {
    if (call.function == FunctionId::kAbsentOverTime || spec->range_argument >= call.args.size()) return nullptr;
    return call.args[spec->range_argument].get();
  }
  if (FindInstantFunction(name) == nullptr) return nullptr;
  PlanNode* vector = nullptr;
  for (const PlanPtr& arg : call.args) {
    if (arg->type == ValueType::kScalar) continue;
    if (vector != nullptr) return nullptr;
    vector = arg.get();
  }
  return vector;
}

// What the node makes its series from, one by one; null when it does more than that.
PlanNode* MappedInput(PlanNode& node) {
  if (auto* call = node.As<CallNode>()) return MappedArgument(*call);
  if (auto* negate = node.As<NegateNode>()) return negate->input.get();
  if (auto* invariant = node.As<StepInvariantNode>()) return invariant->input.get();
  auto* binary = node.As<BinaryNode>();
  if (binary == nullptr) return nullptr;
  if (binary->lhs->type == ValueType::kScalar) return binary->rhs.get();
  return binary->rhs->type == ValueType::kScalar ? binary->lhs.get() : nullptr;
}

storage::SelectHints* HintsOfPlainSelector(PlanNode& node) {
  if (auto* select = node.As<SelectNode>()) {
    return !select->smoothed && IsOfOneMetric(select->matchers) ? &select->hints : nullptr;
  }
  auto* range = node.As<RangeSelectNode>();
  return range != nullptr && IsOfOneMetric(range->matchers) ? &range->hints : nullptr;
}

void ProjectBelow(const AggregateNode& aggregate) {
  std::vector<PlanNode*> path;
  PlanNode* node = aggregate.input.get();
  while (PlanNode* input = MappedInput(*node)) {
    path.push_back(node);
    node = input;
  }
  storage::SelectHints* const hints = HintsOfPlainSelector(*node);
  if (hints == nullptr) return;
  std::vector<std::string> wanted = aggregate.grouping;
  wanted.insert(wanted.end(), std::begin(kAlwaysWanted), std::end(kAlwaysWanted));
  std::ranges::sort(wanted);
  wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
  hints->wanted_labels = std::move(wanted);
  for (PlanNode* above : path) above->is_projected = true;
}

}  // namespace

void ProjectLabels(PlanNode& plan) {
  if (const auto* aggregate = plan.As<AggregateNode>(); aggregate != nullptr && ForgetsLabels(*aggregate)) {
    ProjectBelow(*aggregate);
  }
  ForEachChild(plan, [](PlanPtr& child) { ProjectLabels(*child); });
}

}  // namespace vigia::promql
