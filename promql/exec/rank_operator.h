// topk, bottomk, limitk, limit_ratio: series pass or not, step by step, with their labels.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "promql/exec/aggregate_operator.h"
#include "promql/exec/operator.h"
#include "promql/exec/row_store.h"

namespace vigia::promql {

class RankOperator : public Operator {
 public:
  enum class Ties { kIgnored, kWatched };  // AggregateNode::watches_ties.
  // REQUIRES: op is kTopk, kBottomk, kLimitk or kLimitRatio.
  RankOperator(QueryContext& context, AggregateOp op, OperatorPtr parameter, PosRange parameter_pos,
               GroupingSpec grouping, OperatorPtr input, PosRange own_pos, Ties ties);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  storage::Status Choose();
  storage::Status ChooseRanked();
  // Tells the query when the order of rows has decided which of `members` were chosen at this step.
  void WatchTies(const RankedSelection& selection, const std::vector<std::size_t>& members, std::size_t step);
  storage::Status ChooseFirst();
  storage::Status ChooseByRatio();
  storage::Result<std::vector<std::size_t>> Sizes();

  const AggregateOp op_;
  const OperatorPtr parameter_;
  const PosRange parameter_pos_;
  const GroupingSpec grouping_;
  const OperatorPtr input_;
  const PosRange own_pos_;  // Of the aggregation.
  const Ties ties_;
  std::vector<double> parameters_;
  std::vector<std::uint64_t> hashes_;  // Of the labels, for limit_ratio.
  std::vector<std::uint32_t> group_of_series_;
  std::size_t series_ = 0;
  RowStore rows_;
  std::vector<std::vector<std::size_t>> members_;  // Rows of `rows_`, by group.
  std::vector<std::size_t> order_;                 // The rows to give, in the order of an instant result.
  bool chosen_ = false;
  std::size_t next_ = 0;
};

}  // namespace vigia::promql
