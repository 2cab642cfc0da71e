// Rows that were not packed into a tile yet, and the packing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "storage/codec/tile.h"
#include "storage/model/error.h"
#include "storage/model/histogram.h"
#include "storage/model/timestamp.h"
#include "storage/wal/frame.h"

namespace vigia::storage {

// Which column has which place in a dense row. Immutable.
class Layout {
 public:
  static constexpr std::uint32_t kNoSlot = UINT32_MAX;
  Layout() = default;
  // REQUIRES: `columns` sorted, unique. Few unused columns among many are kept, so that place = column.
  explicit Layout(const std::vector<std::uint32_t>& columns);
  std::size_t width() const { return width_; }
  std::uint32_t SlotOf(std::uint32_t column) const {
    if (slots_.empty()) return column < width_ ? column : kNoSlot;
    return column < slots_.size() ? slots_[column] : kNoSlot;
  }
  std::uint32_t ColumnOf(std::uint32_t slot) const { return columns_.empty() ? slot : columns_[slot]; }

 private:
  std::size_t width_ = 0;
  std::vector<std::uint32_t> slots_;    // By column; empty when place = column.
  std::vector<std::uint32_t> columns_;  // By place; empty when place = column.
};

// The samples of one target at one time, or some of them: several rows may have the same time.
struct Row {
  TimestampMs t = 0;
  std::vector<double> dense;  // By place in the layout, kAbsentBits where there is no sample; or empty.
  std::vector<std::pair<std::uint32_t, double>> sparse;            // Sorted by column.
  std::vector<std::pair<std::uint32_t, HistogramPtr>> histograms;  // Sorted by column.
  std::vector<std::pair<std::uint32_t, TimestampMs>> starts;       // Start timestamps, none 0. Sorted by column.

  // A NaN that nobody sends; a sample with these very bits goes to `sparse`.
  static constexpr std::uint64_t kAbsentBits = 0x7ff4'5ca1'ab1e'0ff5;
  static Row FromFrame(const FrameRow& frame, const Layout& layout);
  std::optional<double> Float(const Layout& layout, std::uint32_t column) const;
  const HistogramPtr* Histogram(std::uint32_t column) const;
  TimestampMs Start(std::uint32_t column) const;  // 0 when there is none.
};

// Up to kRows rows with one layout. One writer appends; readers look at the rows below a count that they were given.
class Staging {
 public:
  static constexpr std::size_t kRows = 16;
  explicit Staging(std::shared_ptr<const Layout> layout) : layout_(std::move(layout)) { rows_.reserve(kRows); }
  const Layout& layout() const { return *layout_; }
  std::shared_ptr<const Layout> shared_layout() const { return layout_; }
  // REQUIRES: fewer than kRows rows; the writer's lock.
  void Append(Row row) { rows_.push_back(std::move(row)); }
  const Row& row(std::size_t i) const { return rows_.data()[i]; }
  std::span<const Row> FirstRows(std::size_t count) const { return {rows_.data(), count}; }

 private:
  const std::shared_ptr<const Layout> layout_;
  std::vector<Row> rows_;  // Never grows beyond what was reserved: rows do not move.
};

// A tile in memory, with its times at hand. Immutable.
struct HeadTile {
  std::vector<TimestampMs> times;
  std::string bytes;
  std::optional<TileView> view;        // Of `bytes`; always set.
  std::vector<std::uint32_t> columns;  // With floats or histograms in it; only while it is being built.

  // Packs rows, of which those with equal times are joined; of two samples for the same column and time the first
  // counts.
  static std::shared_ptr<HeadTile> Pack(std::span<const Row> rows, const Layout& layout);
};

}  // namespace vigia::storage
