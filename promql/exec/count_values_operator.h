// count_values("l", v): how many elements of a group have each value, the value as label l.
#pragma once

#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "promql/exec/aggregate_operator.h"
#include "promql/exec/operator.h"

namespace vigia::promql {

// Reads all of its input in Series(): the output series depend on the values.
class CountValuesOperator : public Operator {
 public:
  CountValuesOperator(QueryContext& context, std::string value_label, GroupingSpec grouping, OperatorPtr input);

 private:
  storage::Result<std::vector<SeriesInfo>> MakeSeries() override;
  storage::Status Fill(RowBatch& out) override;
  storage::Status Count(std::uint32_t group, const Row& row);
  storage::Result<std::size_t> CellsOf(std::uint32_t group, double value);
  storage::Result<std::size_t> CellsOf(std::uint32_t group, const std::string& value);

  const std::string value_label_;
  const GroupingSpec grouping_;
  const OperatorPtr input_;
  bool keeps_value_label_ = true;
  SlotReservation reserved_;
  std::vector<SeriesInfo> bases_;                                         // Labels of the groups, without the value's.
  std::unordered_map<std::string, std::size_t> ids_;                      // Output labels to place in `series_`.
  std::vector<std::unordered_map<std::uint64_t, std::size_t>> by_value_;  // For each group: bits of the value to place.
  std::vector<SeriesInfo> series_;
  std::vector<std::vector<double>> counts_;  // For each output series its steps.
  std::size_t next_ = 0;
};

}  // namespace vigia::promql
