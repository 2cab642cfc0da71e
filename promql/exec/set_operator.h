// and, or, unless: elements pass or not by whether their signature is present on the other side, step by step.
#pragma once

#include <utility>
#include <vector>

#include "promql/exec/join_signatures.h"
#include "promql/exec/operator.h"

namespace vigia::promql {

// Which signatures have an element at which step.
class PresenceTable {
 public:
  explicit PresenceTable(SampleBudget& budget) : reserved_(budget) {}
  storage::Status Resize(std::size_t signatures, std::size_t steps);
  void Add(std::uint32_t signature, const Row& row);
  std::span<const std::uint8_t> row(std::uint32_t signature) const {
    return std::span(present_).subspan(signature * steps_, steps_);
  }

 private:
  SlotReservation reserved_;
  std::size_t steps_ = 0;
  std::vector<std::uint8_t> present_;
};

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
