// Logical plan to operators: the only place that branches on the kind of a node.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/range_source.h"
#include "promql/plan/plan.h"

namespace vigia::promql {

// Thread-compatible. `context` and the plan must outlive the operators.
class Builder {
 public:
  explicit Builder(QueryContext& context);

  // An expression of type scalar or instant vector, names removed and label sets unique as a result needs it.
  storage::Result<OperatorPtr> BuildRoot(const PlanNode& node);
  // A range vector: the root of an instant query.
  storage::Result<RangeSourcePtr> BuildRangeRoot(const PlanNode& node);

  // The samples that the query touched (surface.md 1.2). REQUIRES: the operators are done; called once.
  const SampleCounter& FinishCounting();
  // For a root that counts itself.
  SampleCounter& samples() { return *samples_; }

 private:
  storage::Result<OperatorPtr> Build(const PlanNode& node);
  storage::Result<RangeSourcePtr> BuildRange(const PlanNode& node);
  RangeSourcePtr Observed(const PlanNode& node, RangeSourcePtr source);
  SampleCounter* NewCounter(std::size_t steps);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const NumberNode& n);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const StringNode& n);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const SelectNode& n);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const RangeSelectNode& n);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const SubqueryNode& n);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const NegateNode& n);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const BinaryNode& n);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const AggregateNode& n);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const CallNode& n);
  storage::Result<OperatorPtr> Make(const PlanNode& node, const StepInvariantNode& n);

  storage::Result<OperatorPtr> MakeRangeFunction(const PlanNode& node, const CallNode& n);
  storage::Result<OperatorPtr> MakeInstantFunction(const PlanNode& node, const CallNode& n);
  storage::Result<OperatorPtr> MakeSpecialFunction(const PlanNode& node, const CallNode& n);
  storage::Result<OperatorPtr> MakeAbsent(const CallNode& n);
  storage::Result<OperatorPtr> MakeTimestamp(const CallNode& n);
  storage::Result<OperatorPtr> MakeSort(const PlanNode& node, const CallNode& n);
  storage::Result<OperatorPtr> MakeLabelReplace(const CallNode& n);
  storage::Result<OperatorPtr> MakeLabelJoin(const CallNode& n);
  storage::Result<OperatorPtr> MakeHistogramFunction(const CallNode& n);
  storage::Result<OperatorPtr> MakeInfo(const CallNode& n);
  storage::Result<OperatorPtr> MakeScalarChoice(const CallNode& n);

  // With label sets unique again, where taking names off may have made them equal.
  OperatorPtr Merged(OperatorPtr input);
  OperatorPtr MergedUnlessDelayed(OperatorPtr input);
  OperatorPtr MergedIfNeeded(const PlanNode& node, OperatorPtr input);

  QueryContext& context_;
  SampleCounter* samples_;  // Where the subtree being built counts.
  // Counters of subtrees on other grids, those inside first; added up when the query is done.
  struct Nested {
    SampleCounter* outer;
    const SampleCounter* inner;
    const PlanNode* node;  // A StepInvariantNode or SubqueryNode.
  };
  std::vector<Nested> nested_;
};

}  // namespace vigia::promql
