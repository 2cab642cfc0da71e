// Columns of tiles as plain vectors, to be changed and made into a tile again.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "storage/codec/tile.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

struct ColumnContent {
  std::uint32_t column = 0;
  std::vector<TimestampMs> float_t;
  std::vector<double> floats;
  std::vector<TimestampMs> float_starts;  // Empty, or one per float; 0 is unknown.
  std::vector<TimestampMs> histogram_t;
  std::vector<HistogramPtr> histograms;
  std::vector<TimestampMs> histogram_starts;  // As float_starts.
  std::vector<DroppedSamples> dropped;        // Ascending; of samples of both kinds.

  bool empty() const { return float_t.empty() && histogram_t.empty(); }
  // Keeps the memory.
  void StartColumn(std::uint32_t number);
};

// Appends what the tile has of the column. REQUIRES: `times` is what tile.Times() returned. Whoever reads many columns
// in order gives `recent` as in TileView::ReadFloats() and `cursor` as in TileView::Find().
Status AppendColumn(const TileView& tile, std::span<const TimestampMs> times, ColumnContent& out,
                    RecentDecimals* recent = nullptr, TileView::Cursor* cursor = nullptr);
// Makes all times strictly ascending; of samples with one time the first stays.
void SortColumn(ColumnContent& content);

// All times of the columns, ascending.
std::vector<TimestampMs> TimesOf(const std::vector<ColumnContent>& columns);
// REQUIRES: columns ascending, `times` from TimesOf(), not empty.
std::string BuildTile(const std::vector<ColumnContent>& columns, std::span<const TimestampMs> times, bool subset);

}  // namespace vigia::storage
