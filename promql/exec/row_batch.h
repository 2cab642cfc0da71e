// Rows: for one series a value or a native histogram, and a validity, for each step. A batch holds some of them,
// contiguously.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "promql/exec/series_info.h"
#include "promql/value/value.h"

namespace vigia::promql {

// A row that may be changed. Values of invalid steps are initialised but mean nothing.
struct Row {
  std::span<double> values;
  std::span<std::uint8_t> valid;  // 0 or 1.
  // Empty, or a slot for each step. Where one is set and the step is valid, the sample is this histogram and the value
  // means nothing. Slots of invalid steps mean nothing.
  std::span<HistogramPtr> histograms = {};

  // Of a valid step.
  bool IsHistogram(std::size_t step) const { return !histograms.empty() && histograms[step] != nullptr; }
};

// Rows of floats pay for no histograms: that column is allocated row by row, when asked for.
class RowBatch {
 public:
  explicit RowBatch(std::size_t steps) : RowBatch(steps, Capacity(steps)) {}
  RowBatch(std::size_t steps, std::size_t capacity) : steps_(steps), capacity_(capacity) {}

  std::size_t steps() const { return steps_; }
  std::size_t size() const { return ids_.size(); }
  std::size_t capacity() const { return capacity_; }
  bool full() const { return ids_.size() >= capacity_; }
  void Clear();

  // A new row without valid steps. REQUIRES: !full() (asserted). Spans of earlier rows stay good.
  Row Append(SeriesId id);
  void DropLast();

  SeriesId id(std::size_t i) const { return ids_[i]; }
  void set_id(std::size_t i, SeriesId id) { ids_[i] = id; }
  Row row(std::size_t i) {
    return {std::span(values_).subspan(i * steps_, steps_), std::span(valid_).subspan(i * steps_, steps_),
            histograms_.empty() ? std::span<HistogramPtr>() : std::span(histograms_[i])};
  }
  // Row i with slots for histograms. Those that are new are not set.
  Row WithHistograms(std::size_t i);
  // From here on row i has values only.
  void DropHistograms(std::size_t i) {
    if (!histograms_.empty()) histograms_[i].clear();
  }
  // Row `to` becomes what row `from` is, but for its id; `from` is to be dropped.
  void MoveRow(std::size_t from, std::size_t to);

  // Takes the other's rows and capacity and gives its own. REQUIRES: both have as many steps.
  void Swap(RowBatch& other);

  // What a batch of so many steps takes.
  static std::size_t Capacity(std::size_t steps) {
    return std::clamp<std::size_t>(kSlots / std::max<std::size_t>(steps, 1), 1, kMaxRows);
  }

 private:
  static constexpr std::size_t kSlots = 32768;  // 256 KB of values: a batch stays in the second-level cache.
  static constexpr std::size_t kMaxRows = 1024;
  const std::size_t steps_;
  std::size_t capacity_;
  std::vector<SeriesId> ids_;
  std::vector<double> values_;  // Grown once to capacity * steps.
  std::vector<std::uint8_t> valid_;
  std::vector<std::vector<HistogramPtr>> histograms_;  // Empty, or of each row: nothing, or a slot for each step.
};

std::size_t CountValid(std::span<const std::uint8_t> valid);

// The samples of a row as limits count them: histograms by their size.
std::uint64_t CountSamples(const Row& row);
// Takes the histograms away: their steps become invalid. True if there were any.
bool DiscardHistograms(const Row& row);

}  // namespace vigia::promql
