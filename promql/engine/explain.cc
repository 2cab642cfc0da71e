#include "promql/engine/explain.h"

#include <algorithm>
#include <chrono>

#include "promql/engine/describe_node.h"

namespace vigia::promql {
namespace {

// Sums of what the nodes below took.
struct Below {
  double seconds = 0;
  std::uint64_t samples_read = 0;
};

double SecondsOf(const OperatorProfile& profile) { return std::chrono::duration<double>(profile.time).count(); }

ExplainNode::Cost CostOf(const OperatorProfile& profile, const Below& below) {
  ExplainNode::Cost cost;
  cost.series = profile.series;
  cost.samples = profile.samples;
  cost.bytes = profile.bytes;
  cost.samples_read = profile.samples_read - std::min(below.samples_read, profile.samples_read);
  cost.peak_held_bytes = static_cast<std::uint64_t>(std::max<std::int64_t>(profile.peak_held_bytes, 0));
  cost.total_seconds = SecondsOf(profile);
  cost.self_seconds = std::max(cost.total_seconds - below.seconds, 0.0);
  return cost;
}

}  // namespace

ExplainNode ExplainPlan(PlanNode& plan, std::string_view text, QueryContext* context) {
  ExplainNode node;
  NodeWords words = Describe(plan, text);
  node.op = words.op;
  node.detail = std::move(words.detail);
  node.start = plan.pos.start;
  node.end = plan.pos.end;
  node.steps = plan.steps.count;
  Below below;
  ForEachChild(plan, [&](PlanPtr& child) {
    if (child->As<StringNode>() != nullptr) return;  // Arguments such as label names: nothing is computed.
    node.children.push_back(ExplainPlan(*child, text, context));
    const OperatorProfile* profile = context == nullptr ? nullptr : context->ProfileOf(*child);
    if (profile == nullptr) return;
    below.seconds += SecondsOf(*profile);
    below.samples_read += profile->samples_read;
  });
  const OperatorProfile* profile = context == nullptr ? nullptr : context->ProfileOf(plan);
  if (profile != nullptr && profile->ran) node.cost = CostOf(*profile, below);
  return node;
}

}  // namespace vigia::promql
