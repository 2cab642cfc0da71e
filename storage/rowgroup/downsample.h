// Replaces most samples of an interval by a record of them. What is kept and why: storage/README.md, "Downsampling".
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/timestamp.h"
#include "storage/rowgroup/column_content.h"
#include "storage/rowgroup/tile_cache.h"

namespace vigia::storage {

// A counter that is reset more often within an interval is taken for a gauge: its resets are counted, not kept.
inline constexpr std::size_t kMaxKeptResets = 2;
// With fewer samples to drop an interval of raw samples is smaller than its record.
inline constexpr std::size_t kMinDropped = 8;
// A longer time without a sample is a gap, which stays one: an instant selector sees nothing behind it by default.
inline constexpr DurationMs kGapMs = 5 * 60 * 1000;

// Downsamples one column, sorted (SortColumn()). Returns how many samples it dropped.
// REQUIRES: resolution_ms > 0 divides a day and is a multiple of the resolution that the column has.
std::uint64_t Downsample(DurationMs resolution_ms, ColumnContent& content);

// Rows of a tile that DownsampleTiles() makes: pages may have more times in a day than a tile can hold.
inline constexpr std::size_t kDownsampledRows = 4096;
static_assert(kDownsampledRows <= kMaxTileRows);

struct DownsampledTiles {
  std::vector<LoadedTile> tiles;  // One behind the other in time; none when there is nothing of the columns.
  std::uint64_t dropped = 0;
};
// Joins tiles of one page. `resolution_of` a column: 0 leaves it as it is. Of two samples with one time the one of the
// earlier tile counts.
Result<DownsampledTiles> DownsampleTiles(std::span<const LoadedTile> tiles, std::span<const std::uint32_t> columns,
                                         const std::function<DurationMs(std::uint32_t)>& resolution_of);

}  // namespace vigia::storage
