// Aggregations with one result per group: sum avg min max count group stddev stdvar, and quantile.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "promql/exec/grouping.h"
#include "promql/exec/operator.h"
#include "promql/functions/aggregation.h"

namespace vigia::promql {

struct GroupingSpec {
  bool without = false;
  std::vector<std::string> labels;  // Sorted.
};

// Reads all of its input in Series(): which groups there are, and whether they keep their name, depends on the samples.
class FoldOperator : public Operator {
 public:
  FoldOperator(QueryContext& context, FoldOp op, GroupingSpec grouping, OperatorPtr input);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  const FoldOp op_;
  const GroupingSpec grouping_;
  const OperatorPtr input_;
  SlotReservation reserved_;
  std::optional<Fold> fold_;
  std::size_t groups_ = 0;
  std::size_t next_ = 0;
};

class QuantileOperator : public Operator {
 public:
  QuantileOperator(QueryContext& context, OperatorPtr parameter, PosRange parameter_pos, GroupingSpec grouping,
                   OperatorPtr input);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  void WarnOfParameter();
  const OperatorPtr parameter_;
  const PosRange parameter_pos_;
  const GroupingSpec grouping_;
  const OperatorPtr input_;
  SlotReservation reserved_;
  std::vector<double> q_;
  std::optional<QuantileFold> fold_;
  std::size_t groups_ = 0;
  std::size_t next_ = 0;
};

}  // namespace vigia::promql
