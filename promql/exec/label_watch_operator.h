// Hands on its input, and tells the query when a series has a label that a join above takes away or sets
// (BinaryNode::watches_labels).
#pragma once

#include <string>
#include <vector>

#include "promql/exec/operator.h"

namespace vigia::promql {

class LabelWatchOperator : public Operator {
 public:
  LabelWatchOperator(QueryContext& context, OperatorPtr input, std::vector<std::string> names);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;

  const OperatorPtr input_;
  const std::vector<std::string> names_;
};

}  // namespace vigia::promql
