// Rows: for one series a value and a validity for each step. A batch holds some of them, contiguously.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "promql/exec/series_info.h"

namespace vigia::promql {

// A row that may be changed. Values of invalid steps are initialised but mean nothing.
struct Row {
  std::span<double> values;
  std::span<std::uint8_t> valid;  // 0 or 1.
};

// Native histograms will be a third, optional column beside values and validity.
class RowBatch {
 public:
  explicit RowBatch(std::size_t steps) : steps_(steps), capacity_(Capacity(steps)) {}

  std::size_t steps() const { return steps_; }
  std::size_t size() const { return ids_.size(); }
  std::size_t capacity() const { return capacity_; }
  bool full() const { return ids_.size() >= capacity_; }
  void Clear() { ids_.clear(); }

  // A new row without valid steps. REQUIRES: !full(). Spans of earlier rows stay good.
  Row Append(SeriesId id);
  void DropLast() { ids_.pop_back(); }

  SeriesId id(std::size_t i) const { return ids_[i]; }
  void set_id(std::size_t i, SeriesId id) { ids_[i] = id; }
  Row row(std::size_t i) {
    return {std::span(values_).subspan(i * steps_, steps_), std::span(valid_).subspan(i * steps_, steps_)};
  }

  // What a batch of so many steps takes.
  static std::size_t Capacity(std::size_t steps) {
    return std::clamp<std::size_t>(kSlots / std::max<std::size_t>(steps, 1), 1, kMaxRows);
  }

 private:
  static constexpr std::size_t kSlots = 32768;  // 256 KB of values: a batch stays in the second-level cache.
  static constexpr std::size_t kMaxRows = 1024;
  const std::size_t steps_;
  const std::size_t capacity_;
  std::vector<SeriesId> ids_;
  std::vector<double> values_;  // Grown once to capacity * steps.
  std::vector<std::uint8_t> valid_;
};

std::size_t CountValid(std::span<const std::uint8_t> valid);

}  // namespace vigia::promql
