// Rows that were not packed into a tile yet, and the packing.
#pragma once

#include <array>
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

// The samples of one target at one time, or some of them: several rows may have the same time. Of columns with a place
// in the layout only those are written whose value is not that of the row before, see StagedColumn; most values of a
// scrape are what they were. Immutable once it is built.
struct Row {
  struct Rest {
    std::vector<std::pair<std::uint32_t, double>> floats;            // Without a place in the layout. Sorted by column.
    std::vector<std::pair<std::uint32_t, HistogramPtr>> histograms;  // Sorted by column.
    std::vector<std::pair<std::uint32_t, TimestampMs>> starts;       // Start timestamps, none 0. Sorted by column.
  };
  // By place: a bit for each column that has a sample, and one for each whose value is in `values`. The value of the
  // others is what the last row before them told that is not detached.
  struct Dense {
    const std::uint64_t* present = nullptr;  // Null: all have one.
    const std::uint64_t* told = nullptr;
    const std::uint32_t* ranks = nullptr;
    const std::uint64_t* values = nullptr;  // Bit patterns.
    bool Has(std::uint32_t slot) const { return present == nullptr || (present[slot / 64] >> (slot % 64) & 1) != 0; }
    bool Tells(std::uint32_t slot) const { return (told[slot / 64] >> (slot % 64) & 1) != 0; }
    // REQUIRES of both: Tells(slot).
    std::size_t Rank(std::uint32_t slot) const;
    std::uint64_t Value(std::uint32_t slot) const { return values[Rank(slot)]; }
  };

  TimestampMs t = 0;
  bool detached = false;  // Out of order: tells values of its own, and none to the rows behind it.
  bool all_present = false;
  std::uint32_t told = 0;                  // How many values.
  std::unique_ptr<std::uint64_t[]> words;  // What Dense points into; null when all samples are in `more`.
  std::unique_ptr<Rest> more;              // Null when there is nothing in it.

  // Without places in a layout.
  static Row Loose(const FrameRow& frame);
  // REQUIRES: words; `width` of the layout.
  Dense DenseOf(std::size_t width) const;
  const Rest& rest() const;
  const HistogramPtr* Histogram(std::uint32_t column) const;
  TimestampMs Start(std::uint32_t column) const;  // 0 when there is none.
  std::size_t bytes(std::size_t width) const;     // Without native histograms.

 private:
  friend class Staging;
  void TakeRest(const FrameRow& frame);
};

// The floats of one column in rows with one layout.
class StagedColumn {
 public:
  // REQUIRES: `rows` begin with the first row of their Staging. They and the layout must outlive the object.
  StagedColumn(std::span<const Row> rows, const Layout& layout, std::uint32_t column)
      : rows_(rows), width_(layout.width()), slot_(layout.SlotOf(column)), column_(column) {}
  // REQUIRES: `row` is greater than in the call before.
  std::optional<double> At(std::size_t row);

 private:
  const std::span<const Row> rows_;
  const std::size_t width_;
  const std::uint32_t slot_;
  const std::uint32_t column_;
  std::size_t next_ = 0;
  std::uint64_t carried_ = 0;  // What a row says that tells nothing of its own.
};

// Up to kRows rows with one layout. One writer makes and appends them; readers look at the rows below a count that they
// were given.
class Staging {
 public:
  static constexpr std::size_t kRows = 16;
  explicit Staging(std::shared_ptr<const Layout> layout) : layout_(std::move(layout)) { rows_.reserve(kRows); }
  const Layout& layout() const { return *layout_; }
  std::shared_ptr<const Layout> shared_layout() const { return layout_; }
  // A row that is going to be appended, before any other one is made. REQUIRES: the writer's lock, as does Append().
  Row Make(const FrameRow& frame);
  // REQUIRES: fewer than kRows rows.
  void Append(Row row) { rows_.push_back(std::move(row)); }
  const Row& row(std::size_t i) const { return rows_.data()[i]; }
  std::span<const Row> FirstRows(std::size_t count) const { return {rows_.data(), count}; }

 private:
  void MakeDense(const FrameRow& frame, Row& row);
  void Forget(std::uint32_t column);

  const std::shared_ptr<const Layout> layout_;
  std::vector<Row> rows_;             // Never grows beyond what was reserved: rows do not move.
  std::vector<std::uint64_t> known_;  // Of the writer: a bit for each place whose newest value a row of these tells.
};

// A tile in memory, with its times at hand. Immutable.
struct HeadTile {
  std::vector<TimestampMs> times;
  std::string bytes;
  std::optional<TileView> view;        // Of `bytes`; always set.
  std::vector<std::uint32_t> columns;  // With floats or histograms in it; only while it is being built.
  std::size_t samples = 0;             // Floats and histograms, or a few more.
  // A bit for each 64 columns of which it has any, where there are many modulo 256: who looks for one column in
  // thousands of tiles, as sparse rows of one target make them, does not search those without.
  std::array<std::uint64_t, 4> pages{};
  bool MayHave(std::uint32_t column) const { return (pages[column / 64 / 64 % 4] >> (column / 64 % 64) & 1) != 0; }

  // Packs rows, of which those with equal times are joined; of two samples for the same column and time the first
  // counts.
  static std::shared_ptr<HeadTile> Pack(std::span<const Row> rows, const Layout& layout);
};

}  // namespace vigia::storage
