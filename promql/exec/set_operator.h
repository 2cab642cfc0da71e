// and, or, unless: elements pass or not by whether their signature is present on the other side, step by step.
#pragma once

#include <utility>
#include <vector>

#include "promql/exec/join_signatures.h"
#include "promql/exec/operator.h"
#include "promql/exec/presence_table.h"

namespace vigia::promql {

// Label sets that both sides of `or` have become one series: put a MergeSeriesOperator above.
class SetOperator : public Operator {
 public:
  SetOperator(QueryContext& context, BinaryOp op, VectorMatching matching, OperatorPtr lhs, OperatorPtr rhs);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  storage::Status FillFromLeft(RowBatch& out);
  storage::Status FillFromRight(RowBatch& out);
  storage::Status ReadRightPresence();

  const BinaryOp op_;
  const VectorMatching matching_;
  const OperatorPtr lhs_, rhs_;
  std::vector<std::uint32_t> left_signatures_, right_signatures_;
  PresenceTable present_;  // Of the right side for and, unless; of the left side for or.
  bool left_done_ = false;
};

}  // namespace vigia::promql
