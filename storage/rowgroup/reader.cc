#include "storage/rowgroup/reader.h"

namespace vigia::storage {
namespace {

Error At(Error error, const RunTarget& entry) {
  return Prefixed(std::move(error), "row group of target " + std::to_string(entry.target));
}

}  // namespace

Status ReadColumn(const Store& store, const Run& run, const RunTarget& entry, std::uint32_t column, TimestampMs from,
                  TimestampMs to, TileCache& tiles, RunSamples& out) {
  if (entry.max_t < from || entry.min_t > to) return {};
  if (!entry.columns.Contains(column)) {
    out.in_all_rows = false;
    return {};
  }
  for (std::uint32_t chunk = 0; chunk < entry.chunk_starts.size(); ++chunk) {
    const TimestampMs end = chunk + 1 < entry.chunk_starts.size() ? entry.chunk_starts[chunk + 1] - 1 : entry.max_t;
    if (entry.chunk_starts[chunk] > to || end < from) continue;
    const auto loaded = tiles.Get(store, run, entry.target, column / kPageColumns, chunk);
    if (!loaded) return At(loaded.error(), entry);
    if (*loaded == nullptr) {
      out.in_all_rows = false;
      continue;
    }
    const TileView* const tile = &(*loaded)->tile;
    const std::vector<TimestampMs>* const times = &(*loaded)->times;
    const auto floats = tile->Find({column, false}, (*loaded)->cursor);
    if (!floats || !floats->in_all_rows() || tile->subset()) out.in_all_rows = false;
    if (floats) {
      const std::size_t first = out.t.size();
      Status status = tile->ReadFloats(*floats, *times, from, to, out.t, out.v, &(*loaded)->recent);
      if (status) status = tile->ReadStarts(column, *times, out.t, first, out.starts);
      if (!status) return At(status.error(), entry);
    }
    if (const auto histograms = tile->Find({column, true}, (*loaded)->cursor)) {
      const std::size_t first = out.histogram_t.size();
      Status status = tile->ReadHistograms(*histograms, *times, from, to, out.histogram_t, out.h);
      if (status) status = tile->ReadStarts(column, *times, out.histogram_t, first, out.histogram_starts);
      if (!status) return At(status.error(), entry);
    }
    if (out.dropped == nullptr) continue;
    if (Status status = tile->ReadDropped(column, *times, from, to, *out.dropped); !status) {
      return At(status.error(), entry);
    }
  }
  return {};
}

Status LoadPage(const Store& store, const Run& run, const RunTarget& entry, std::uint32_t page,
                std::vector<LoadedTile>& out) {
  for (std::uint32_t chunk = 0; chunk < entry.chunk_starts.size(); ++chunk) {
    auto loaded = LoadTile(store, run, entry.target, page, chunk);
    if (!loaded) return At(loaded.error(), entry);
    if (loaded->has_value()) out.push_back(**std::move(loaded));
  }
  return {};
}

}  // namespace vigia::storage
