// sort, sort_desc, sort_by_label, sort_by_label_desc: the order of the rows of an instant result. With more than one
// step there is no order to give: results are sorted by labels in the end. sort and sort_desc drop histograms.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/row_store.h"

namespace vigia::promql {

struct SortOrder {
  enum class By { kValue, kLabels } by = By::kValue;
  enum class Direction { kAscending, kDescending } direction = Direction::kAscending;
  std::vector<std::string> labels;  // For kLabels.
};

class SortOperator : public Operator {
 public:
  SortOperator(QueryContext& context, OperatorPtr input, SortOrder order, PosRange pos);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  storage::Status ReadAndSort();
  bool Before(const StoredRow& a, const StoredRow& b) const;

  const OperatorPtr input_;
  const SortOrder order_;
  const PosRange pos_;
  std::vector<Labels> labels_;
  RowStore rows_;
  std::vector<std::size_t> sorted_;
  bool read_ = false;
  std::size_t next_ = 0;
};

}  // namespace vigia::promql
