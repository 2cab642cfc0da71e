// Makes label sets unique after an operator that may have made two of them equal: series without a common step become
// one, others are an error (Prometheus mergeSeriesWithSameLabelset).
#pragma once

#include <utility>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/row_store.h"

namespace vigia::promql {

enum class EqualLabels {
  kMerged,   // An error only where they meet at a step.
  kRefused,  // An error as soon as two have any sample: functions of range vectors.
};

class MergeSeriesOperator : public Operator {
 public:
  MergeSeriesOperator(QueryContext& context, OperatorPtr input, EqualLabels equal_labels);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  // Moves rows of series that share their labels out of the batch into `merging_`.
  storage::Status SetAside(RowBatch& out);
  storage::Status GiveMerged(RowBatch& out);

  const OperatorPtr input_;
  const EqualLabels equal_labels_;
  std::vector<SeriesId> target_;      // The output id of each input id.
  std::vector<std::uint8_t> shared_;  // Whether more than one input has this output id.
  bool any_shared_ = false;
  RowStore merging_;
  bool input_done_ = false;
  std::vector<std::pair<SeriesId, std::size_t>> order_;  // Output id and row of `merging_`, by id.
  std::size_t next_ = 0;
};

storage::Error DuplicateLabelsError();

}  // namespace vigia::promql
