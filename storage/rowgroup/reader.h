// Reads columns and whole targets out of runs.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "storage/codec/tile.h"
#include "storage/kv/store.h"
#include "storage/rowgroup/run.h"
#include "storage/rowgroup/tile_cache.h"

namespace vigia::storage {

// Samples of one column, chunk after chunk; times ascend within one run.
struct RunSamples {
  std::vector<TimestampMs>& t;
  std::vector<double>& v;
  std::vector<TimestampMs>& histogram_t;
  std::vector<HistogramPtr>& h;
  std::vector<TimestampMs>& starts;  // As in ColumnSamples of the head, as is the next one.
  std::vector<TimestampMs>& histogram_starts;
  bool& in_all_rows;  // Set to false when the target has rows in the range at which the column has no float.
  std::vector<DroppedSamples>* dropped = nullptr;  // What was dropped before these samples; null: not wanted.
};

// Appends the samples of `column` within from..to. Missing row groups of a column that the run does not have are no
// error.
Status ReadColumn(const Store& store, const Run& run, const RunTarget& entry, std::uint32_t column, TimestampMs from,
                  TimestampMs to, TileCache& tiles, RunSamples& out);

// All chunks of one page, in order; pages that do not exist are left out.
Status LoadPage(const Store& store, const Run& run, const RunTarget& entry, std::uint32_t page,
                std::vector<LoadedTile>& out);

}  // namespace vigia::storage
