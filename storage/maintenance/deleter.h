// Deletes on request: hides samples at once and for good; the rewrite removes them from the disk later.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <unordered_map>
#include <vector>

#include "storage/head/metrics.h"
#include "storage/head/series_map.h"
#include "storage/maintenance/run_store.h"
#include "storage/maintenance/tombstones.h"

namespace vigia::storage {

// One thread at a time (maintenance).
class Deleter {
 public:
  Deleter(SeriesMap& series, RunStore& runs, TombstoneStore& tombstones, HeadMetrics& metrics)
      : series_(series), runs_(runs), tombstones_(tombstones), metrics_(metrics) {}

  // Deletes the samples within `interval` of the series that match now. When it returns without an error the delete
  // survives a power cut and no new reader sees the samples; samples committed later are seen whatever their time. A
  // series that has nothing left leaves the index. After an error nothing is deleted. Returns how many series had
  // samples to delete, as far as their bounds tell. kLimit when too many deletes wait for the rewrite.
  Result<std::size_t> Delete(std::span<const Matcher> matchers, TimeInterval interval, TimestampMs now_ms);

 private:
  // Head tiles that change, by the tile that they replace; null where nothing is left.
  using Replaced = std::unordered_map<std::shared_ptr<const HeadTile>, std::shared_ptr<const HeadTile>>;
  struct Hit {
    Target* target = nullptr;
    ColumnRanges columns;
    ColumnRanges emptied;  // Those of them that have nothing left.
    ColumnRanges trimmed;  // The others.
    std::vector<std::shared_ptr<const HeadTile>> tiles;
  };
  Status FilterTiles(Hit& hit, TimeInterval interval, Replaced& replaced) const;
  static void Split(Hit& hit, TimeInterval interval);
  std::vector<Tombstone> MakeTombstones(const std::vector<Hit>& hits, TimeInterval interval, TimestampMs now_ms) const;
  void Apply(Hit& hit, TimeInterval interval, const Replaced& replaced);
  void RemoveEmptied(const Hit& hit);

  SeriesMap& series_;
  RunStore& runs_;
  TombstoneStore& tombstones_;
  HeadMetrics& metrics_;
};

}  // namespace vigia::storage
