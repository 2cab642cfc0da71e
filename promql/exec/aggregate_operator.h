// Aggregations with one result per group: sum avg min max count group stddev stdvar, and quantile.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "promql/exec/grouping.h"
#include "promql/exec/operator.h"
#include "promql/functions/aggregation.h"
#include "promql/functions/histogram_fold.h"

namespace vigia::promql {

struct GroupingSpec {
  bool without = false;
  std::vector<std::string> labels;  // Sorted.
};

// Reads all of its input in Series(): which groups there are, and whether they keep their name, depends on the samples.
class FoldOperator : public Operator {
 public:
  // `name` is the aggregation's in annotations; `input_pos` is where these are about.
  FoldOperator(QueryContext& context, FoldOp op, std::string_view name, GroupingSpec grouping, OperatorPtr input,
               PosRange input_pos);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  storage::Status Add(std::uint32_t group, const Row& row, const Labels& labels);
  // A row with histograms, whose floats have been added.
  storage::Status AddHistograms(std::uint32_t group, const Row& row, const Labels& labels);
  // Reserves what the sums of the row's histograms take, where they are the first of their cell.
  storage::Status ReserveCells(std::uint32_t group, const Row& row);
  bool folds_histograms() const { return op_ == FoldOp::kSum || op_ == FoldOp::kAvg; }

  const FoldOp op_;
  const std::string_view name_;
  const GroupingSpec grouping_;
  const OperatorPtr input_;
  const PosRange input_pos_;
  SlotReservation reserved_;
  std::optional<Fold> fold_;
  std::optional<HistogramFold> histogram_fold_;  // Since the first histogram.
  std::vector<std::uint8_t> has_cell_;           // By group and step.
  std::vector<std::uint8_t> floats_;             // Which steps of a row are floats.
  std::vector<HistogramPtr> histograms_;
  std::size_t groups_ = 0;
  std::size_t next_ = 0;
};

class QuantileOperator : public Operator {
 public:
  QuantileOperator(QueryContext& context, OperatorPtr parameter, PosRange parameter_pos, GroupingSpec grouping,
                   OperatorPtr input, PosRange input_pos);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  void WarnOfParameter();
  const OperatorPtr parameter_;
  const PosRange parameter_pos_;
  const GroupingSpec grouping_;
  const OperatorPtr input_;
  const PosRange input_pos_;
  SlotReservation reserved_;
  std::vector<double> q_;
  std::optional<QuantileFold> fold_;
  std::size_t groups_ = 0;
  std::size_t next_ = 0;
};

}  // namespace vigia::promql
