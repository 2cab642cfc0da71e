// Row groups of the page that a reader looked at last, opened: the series of a selection come target by target and
// column by column, so that most of them find the bytes, the directory and the decoded times of the one before.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "storage/codec/tile.h"
#include "storage/kv/store.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

// A row group, and what it points into.
struct LoadedTile {
  PinnedValue bytes;
  TileView tile;
  std::vector<TimestampMs> times;
  TileView::Cursor cursor = {};
  RecentDecimals recent = {};
};

// Reads and opens a row group; nullopt when the run has none there.
Result<std::optional<LoadedTile>> LoadTile(const Store& store, const Run& run, std::uint32_t target, std::uint32_t page,
                                           std::uint32_t chunk);

// Thread-compatible. Must not outlive the store whose values it holds.
class TileCache {
 public:
  // As LoadTile(); null when the run has none there. The pointer is good until the next call.
  Result<LoadedTile*> Get(const Store& store, const Run& run, std::uint32_t target, std::uint32_t page,
                          std::uint32_t chunk);

 private:
  // A page of 512 rows is about 20 KB: at most 10 MB stay pinned. Longer ranges read what is beyond again.
  static constexpr std::size_t kMaxEntries = 512;

  struct Entry {
    std::uint64_t run = 0;
    std::uint32_t chunk = 0;
    std::optional<LoadedTile> tile;
  };
  Entry* Find(std::uint64_t run, std::uint32_t chunk);

  const Store* store_ = nullptr;
  std::uint32_t target_ = 0;
  std::uint32_t page_ = 0;
  std::vector<Entry> entries_;  // In the order in which they were asked for, which is the same for each column.
  std::size_t next_ = 0;        // Where the next one is expected.
  std::optional<LoadedTile> beyond_;
};

}  // namespace vigia::storage
