// Cuts the samples of one target into row groups: by day, by chunks of rows, by pages of columns.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <vector>

#include "storage/codec/tile.h"
#include "storage/kv/store.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

// Where samples come from: a tile with its times.
struct TileSource {
  const TileView* tile = nullptr;
  std::span<const TimestampMs> times;
  RecentDecimals* recent = nullptr;  // As in TileView::ReadFloats().
  // Of the page that is being added: a bit for each column that the tile may have. The others are not looked for.
  std::uint64_t columns = ~std::uint64_t{0};
};

// How a target's samples are spread over its rows. Chunks of a sparse target get more rows, or a series would have a
// single sample in each.
struct Spread {
  std::size_t times = 1;                 // A chunk may have so many times as many rows as one without gaps.
  std::size_t page_rows = kMaxTileRows;  // No page has samples at more of the target's times than this
  DurationMs within_ms = kDayMs;         // in so long a time.
};

// A run in the making, and its row groups in order of keys.
struct RunDraft {
  Run run;
  std::vector<KeyValue> items;
};

// Thread-compatible. One target after the other in ascending order; of one target, pages in ascending order.
class GroupBuilder {
 public:
  // Runs get this tier, and ids from `next_id` on, one per day.
  GroupBuilder(std::uint8_t tier, std::uint64_t* next_id, std::size_t max_rows)
      : tier_(tier), next_id_(next_id), max_rows_(max_rows) {}

  // `times`: all times of the target in what follows, strictly increasing, not empty.
  void StartTarget(std::uint32_t target, std::uint64_t sealed_seq, bool next_anew, std::vector<TimestampMs> times,
                   Spread spread = {});
  // Which columns of this target are downsampled; before its pages.
  void MarkDownsampled(const std::vector<DownsampledColumns>& columns);
  // Joins what the sources hold of the page's columns, given ascending. Where two sources hold a sample for the same
  // time the first counts.
  Status AddPage(std::uint32_t page, std::span<const std::uint32_t> columns, std::span<const TileSource> sources);

  std::size_t bytes() const { return bytes_; }
  // Drafts by day; the builder is empty then.
  std::vector<RunDraft> Finish();

 private:
  struct Chunk {
    std::int32_t day;
    std::uint32_t number;  // Within its day.
    std::size_t begin;     // In times_.
    std::size_t end;
  };
  struct ChunkColumns;
  RunDraft& DraftOf(std::int32_t day);
  RunTarget& EntryOf(std::int32_t day);
  void Emit(const Chunk& chunk, std::uint32_t page, const ChunkColumns& columns);

  const std::uint8_t tier_;
  std::uint64_t* const next_id_;
  const std::size_t max_rows_;
  std::map<std::int32_t, RunDraft> drafts_;
  std::uint32_t target_ = 0;
  std::uint64_t sealed_seq_ = 0;
  bool next_anew_ = false;
  std::vector<TimestampMs> times_;
  std::vector<Chunk> chunks_;
  std::size_t bytes_ = 0;
};

}  // namespace vigia::storage
