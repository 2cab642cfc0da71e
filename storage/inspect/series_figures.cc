#include "storage/inspect/series_figures.h"

#include <algorithm>

#include "storage/codec/tile.h"
#include "storage/codec/values.h"
#include "storage/inspect/log_reader.h"
#include "storage/inspect/place.h"

namespace vigia::storage {
namespace {

using Wanted = std::function<bool(std::uint32_t, std::uint32_t)>;

std::uint64_t PlaceOf(std::uint32_t target, std::uint32_t column) { return std::uint64_t{target} << 32 | column; }

void See(TimestampMs t, SeriesFigures& series) {
  series.first_t = std::min(series.first_t, t);
  series.last_t = std::max(series.last_t, t);
}

void AddCost(std::string_view encoding, std::uint64_t bytes, std::uint64_t samples, StoredFigures& out) {
  auto at = out.encodings.find(encoding);
  if (at == out.encodings.end()) at = out.encodings.emplace(encoding, Cost{std::string(encoding), 0, 0}).first;
  at->second.bytes += bytes;
  at->second.samples += samples;
}

Status CountTile(std::uint32_t target, std::string_view bytes, const Wanted& wanted, StoredFigures& out) {
  const auto tile = TileView::Open(bytes);
  if (!tile) return tile.error();
  const auto times = tile->Times();
  const auto keys = tile->Columns();
  if (!times) return times.error();
  if (!keys) return keys.error();
  out.group_bytes += bytes.size();
  std::uint64_t sample_bytes = 0;
  TileView::Cursor cursor;
  for (const ColumnKey& key : *keys) {
    const auto chunk = tile->Find(key, cursor);
    if (!chunk) return Error{Errc::kCorruption, "tile: damaged directory"};
    sample_bytes += chunk->bytes.size();
    if (!wanted(target, key.column)) continue;
    std::string_view values;
    const auto rows = tile->Rows(*chunk, &values);
    if (!rows) return rows.error();
    SeriesFigures& series = out.series[PlaceOf(target, key.column)];
    series.samples += rows->size();
    series.bytes += chunk->bytes.size();
    See((*times)[rows->front()], series);
    See((*times)[rows->back()], series);
    AddCost(key.histogram ? "histograms" : EncodingName(values), chunk->bytes.size(), rows->size(), out);
  }
  AddCost("(times and directories of row groups)", bytes.size() - sample_bytes, 0, out);
  return {};
}

Status CountRuns(const OpenedFolder& folder, const StoredCatalog& catalog, const Wanted& wanted, StoredFigures& out) {
  for (const Run& run : catalog.runs) {
    const auto [begin, end] = RunKeyRange(run.day, run.tier, run.id);
    Status status = folder.store().Scan(Family::kData, begin, end, [&](std::string_view key, std::string_view bytes) {
      GroupPlace place;
      if (catalog.IsQuarantined(key)) return Status();
      if (!ParseGroupKey(key, &place)) return Status(Error{Errc::kCorruption, GroupText(key)});
      Status counted = CountTile(place.target, bytes, wanted, out);
      return counted ? counted : Status(Prefixed(counted.error(), GroupText(key)));
    });
    if (!status) return status;
  }
  for (const TableFile& file : folder.store().TableFiles()) {
    if (file.family == Family::kData) out.file_bytes += file.bytes;
  }
  return {};
}

// Rows whose frames are at rest are counted in their runs.
Status CountLog(const OpenedFolder& folder, const StoredCatalog& catalog, const Wanted& wanted, StoredFigures& out) {
  std::unordered_map<std::uint32_t, std::uint64_t> sealed;
  for (const Run& run : catalog.runs) {
    for (const RunTarget& entry : run.targets) {
      std::uint64_t& seq = sealed[entry.target];
      seq = std::max(seq, entry.sealed_seq);
    }
  }
  const auto count = [&](std::uint32_t target, std::uint32_t column, TimestampMs t) {
    if (!wanted(target, column)) return;
    SeriesFigures& series = out.series[PlaceOf(target, column)];
    ++series.samples;
    ++out.log_samples;
    See(t, series);
  };
  const auto each = [&](const LoggedFrame& logged) -> Status {
    for (const FrameSection& section : logged.frame.sections) {
      const auto at = sealed.find(section.target);
      if (at != sealed.end() && logged.seq <= at->second) continue;
      for (const FrameRow& row : section.rows) {
        for (const FrameCell& cell : row.cells) count(section.target, cell.column, row.t);
        for (const FrameHistogram& h : row.histograms) count(section.target, h.column, row.t);
      }
    }
    return {};
  };
  return LogReader().Read(folder.store(), each,
                          [](Family, std::uint64_t, const Error& error) { return Status(error); });
}

}  // namespace

Status CollectFigures(const OpenedFolder& folder, const StoredCatalog& catalog, const Wanted& wanted,
                      StoredFigures& out) {
  Status status = CountRuns(folder, catalog, wanted, out);
  return status ? CountLog(folder, catalog, wanted, out) : status;
}

}  // namespace vigia::storage
