#include "storage/rowgroup/verify.h"

#include <vector>

#include "storage/codec/tile.h"

namespace vigia::storage {

Status VerifyRowGroup(const Store& store, const std::string& key) {
  const auto value = store.Get(Family::kData, key);
  if (!value) return value.error();
  if (!value->has_value()) return {};
  const auto tile = TileView::Open((*value)->view());
  if (!tile) return tile.error();
  const auto times = tile->Times();
  if (!times) return times.error();
  const auto keys = tile->Columns();
  if (!keys) return keys.error();
  std::vector<TimestampMs> t;
  std::vector<double> v;
  std::vector<HistogramPtr> h;
  for (const ColumnKey& column : *keys) {
    t.clear();
    v.clear();
    h.clear();
    const auto chunk = tile->Find(column);
    if (!chunk) return Error{Errc::kCorruption, "tile: damaged directory"};
    Status status = column.histogram ? tile->ReadHistograms(*chunk, *times, kMinTimestampMs, kMaxTimestampMs, t, h)
                                     : tile->ReadFloats(*chunk, *times, kMinTimestampMs, kMaxTimestampMs, t, v);
    std::vector<TimestampMs> starts;
    if (status) status = tile->ReadStarts(column.column, *times, t, 0, starts);
    std::vector<DroppedSamples> dropped;
    if (status) status = tile->ReadDropped(column.column, *times, kMinTimestampMs, kMaxTimestampMs, dropped);
    if (!status) return status;
  }
  return {};
}

}  // namespace vigia::storage
