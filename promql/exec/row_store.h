// Rows kept until an operator has seen all of them. Steps before the first and after the last sample are not stored, so
// that series that come and go take the room of their samples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "promql/exec/operator.h"
#include "promql/exec/row_batch.h"
#include "promql/exec/sample_budget.h"

namespace vigia::promql {

// Steps [first, first + values.size()) of a series.
struct StoredRow {
  SeriesId id = 0;
  std::size_t first = 0;
  std::span<double> values;
  std::span<std::uint8_t> valid;

  bool Has(std::size_t step) const { return step >= first && step - first < valid.size() && valid[step - first] != 0; }
  double At(std::size_t step) const { return values[step - first]; }
};

// Thread-compatible.
class RowStore {
 public:
  explicit RowStore(SampleBudget& budget) : reserved_(budget) {}

  // Keeps a copy of the row. Rows without valid steps are not kept.
  storage::Status Add(SeriesId id, const Row& row);
  // Everything that `input` has still to give.
  storage::Status AddAll(Operator& input);

  std::size_t size() const { return entries_.size(); }
  StoredRow row(std::size_t i);
  // Copies into a row of full length that has no valid steps yet.
  void CopyTo(std::size_t i, const Row& row);

 private:
  struct Entry {
    SeriesId id;
    std::size_t first;
    std::size_t offset;
    std::size_t count;
  };
  SlotReservation reserved_;
  std::vector<Entry> entries_;
  std::vector<double> values_;
  std::vector<std::uint8_t> valid_;
};

}  // namespace vigia::promql
