// The logical plan: what to compute, with every name, duration and anchor of the query text resolved to numbers.
// Lower() makes it from the tree of the parser; the passes (one file each) rewrite it; promql/exec turns it into
// operators.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "promql/functions/window_set.h"
#include "promql/parser/ast.h"
#include "promql/parser/function_signature.h"
#include "promql/plan/steps.h"
#include "storage/api/querier.h"
#include "storage/model/matcher.h"

namespace vigia::promql {

struct PlanNode;
using PlanPtr = std::unique_ptr<PlanNode>;

struct NumberNode {
  double value = 0;
};

struct StringNode {
  std::string value;
};

// The moment a selector or subquery looks at: `at_ms` when pinned, else the step; less the offset.
struct TimeShift {
  DurationMs offset_ms = 0;
  std::optional<TimestampMs> at_ms;

  TimestampMs Apply(TimestampMs step_ms) const { return at_ms.value_or(step_ms) - offset_ms; }
};

// What is looked at of native histograms.
enum class HistogramDetail {
  kAll,
  kStatistics,  // Count and sum: below histogram_count and its like. Nothing else is read, and resets are in the hints.
};

// The newest sample within the lookback, per step.
struct SelectNode {
  std::vector<storage::Matcher> matchers;
  TimeShift shift;
  bool smoothed = false;      // Between samples the value on the line between them.
  bool sample_time = false;   // The values are the times of the samples, in seconds: the argument of timestamp().
  bool sample_start = false;  // The values are the start timestamps in seconds: the argument of start_timestamp().
  bool is_info = false;       // Not an expression: which metrics info() takes labels from. `sample_time` is set.
  HistogramDetail detail = HistogramDetail::kAll;  // Set by AddHints().
  storage::SelectHints hints;                      // Filled by AssignTimes() and AddHints().
};

// All samples of a window, per step. Only an argument of a range function, or the root of an instant query.
struct RangeSelectNode {
  std::vector<storage::Matcher> matchers;
  TimeShift shift;
  DurationMs range_ms = 0;
  WindowKind kind = WindowKind::kPlain;
  storage::SelectHints hints = {};
  HistogramDetail detail = HistogramDetail::kAll;
};

// An instant expression evaluated on a grid of its own (`input->steps`), read in windows.
struct SubqueryNode {
  PlanPtr input;
  TimeShift shift;
  DurationMs range_ms = 0;
  DurationMs step_ms = 0;
};

struct NegateNode {
  PlanPtr input;
};

struct BinaryNode {
  BinaryOp op = BinaryOp::kAdd;
  PlanPtr lhs, rhs;
  bool return_bool = false;
  std::optional<VectorMatching> matching;  // Set when both sides are vectors.
  // Set by ReachOfSteps(): two series may become one where those of the many side have labels that the join takes away
  // or sets, and then order matters.
  bool watches_labels = false;
};

struct AggregateNode {
  AggregateOp op = AggregateOp::kSum;
  PlanPtr input;
  PlanPtr param;  // Null, a scalar, or a StringNode for count_values.
  bool without = false;
  std::vector<std::string> grouping;  // Sorted, unique.
  PosRange input_pos = {};            // Of the operand as written, parentheses included: annotations are about it.
  bool watches_ties = false;  // Set by ReachOfSteps(): of topk and bottomk over rows whose order depends on all steps.
};

struct CallNode {
  FunctionId function = FunctionId::kAbs;
  std::vector<PlanPtr> args;
};

// The same at every step: evaluated at the first one and repeated.
struct StepInvariantNode {
  PlanPtr input;
};

struct PlanNode {
  using Node = std::variant<NumberNode, StringNode, SelectNode, RangeSelectNode, SubqueryNode, NegateNode, BinaryNode,
                            AggregateNode, CallNode, StepInvariantNode>;
  Node node;
  PosRange pos;  // For annotations.
  ValueType type = ValueType::kNone;
  Steps steps;  // Set by AssignTimes().
  // Set by ProjectLabels(): no two of its series are the same, although the labels that are read may be.
  bool is_projected = false;

  template <class T>
  const T* As() const {
    return std::get_if<T>(&node);
  }
  template <class T>
  T* As() {
    return std::get_if<T>(&node);
  }
};

// Calls fn(PlanPtr&) for each child, in the order of evaluation.
template <class Fn>
void ForEachChild(PlanNode& node, Fn&& fn) {
  if (auto* n = node.As<SubqueryNode>()) fn(n->input);
  if (auto* n = node.As<NegateNode>()) fn(n->input);
  if (auto* n = node.As<StepInvariantNode>()) fn(n->input);
  if (auto* n = node.As<BinaryNode>()) {
    fn(n->lhs);
    fn(n->rhs);
  }
  if (auto* n = node.As<AggregateNode>()) {
    if (n->param) fn(n->param);
    fn(n->input);
  }
  if (auto* n = node.As<CallNode>()) {
    for (PlanPtr& arg : n->args) fn(arg);
  }
}

// The node below StepInvariantNodes.
const PlanNode& Unwrapped(const PlanNode& node);

}  // namespace vigia::promql
