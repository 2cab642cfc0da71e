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
  std::span<HistogramPtr> histograms;  // As in Row: empty, or as many as values.

  bool Has(std::size_t step) const { return step >= first && step - first < valid.size() && valid[step - first] != 0; }
  double At(std::size_t step) const { return values[step - first]; }
  // REQUIRES: Has(step). nullptr: a float.
  const storage::FloatHistogram* HistogramAt(std::size_t step) const {
    return histograms.empty() ? nullptr : histograms[step - first].get();
  }
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
  // Appends row i, at its full length. REQUIRES: !out.full().
  Row AppendTo(std::size_t i, RowBatch& out);

 private:
  static constexpr std::size_t kFloatsOnly = static_cast<std::size_t>(-1);
  struct Entry {
    SeriesId id;
    std::size_t first;
    std::size_t offset;
    std::size_t count;
    std::size_t histograms;  // Place in histograms_, or kFloatsOnly.
  };
  storage::Status AddHistograms(std::span<const HistogramPtr> histograms, std::span<const std::uint8_t> valid);

  SlotReservation reserved_;
  std::vector<Entry> entries_;
  std::vector<double> values_;
  std::vector<std::uint8_t> valid_;
  std::vector<std::vector<HistogramPtr>> histograms_;  // Of the rows that have any.
};

}  // namespace vigia::promql
