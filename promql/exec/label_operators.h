// Operators that change labels only: label_replace, label_join, and the removal of names at the end of a query.
#pragma once

#include <functional>
#include <utility>
#include <vector>

#include "promql/exec/operator.h"

namespace vigia::promql {

// Calls `change` once for each series; it reserves what it adds. Label sets may become equal: put a MergeSeriesOperator
// above.
class RelabelOperator : public Operator {
 public:
  using Change = std::function<storage::Status(SeriesInfo&)>;
  RelabelOperator(QueryContext& context, OperatorPtr input, Change change);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  const OperatorPtr input_;
  const Change change_;
};

// Takes the metric name off marked series.
storage::Status RemoveMarkedName(SeriesInfo& info);

}  // namespace vigia::promql
