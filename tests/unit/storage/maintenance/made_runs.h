// Runs as sealing makes them, and what they hold.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "storage/maintenance/run_store.h"
#include "storage/rowgroup/reader.h"
#include "tests/support/catch.h"

namespace vigia::storage::test {

// Neither columns nor rows tell of each other.
inline double ValueAt(std::uint32_t column, TimestampMs t) {
  return static_cast<double>((t / 1000 % 100'000) * (column + 7) % 9973);
}

// One target with ValueAt() in all columns 0 to `columns` - 1 at all times, which are of one day.
inline RunDraft MakeDraft(RunStore& runs, std::uint32_t target, std::uint32_t columns,
                          const std::vector<TimestampMs>& times) {
  std::vector<std::uint32_t> rows;
  for (std::uint32_t row = 0; row < times.size(); ++row) rows.push_back(row);
  GroupBuilder builder(/*tier=*/0, runs.next_id(), /*max_rows=*/64);
  builder.StartTarget(target, /*sealed_seq=*/1, /*next_anew=*/true, times);
  for (std::uint32_t first = 0; first < columns; first += kPageColumns) {
    TileBuilder tile(times);
    std::vector<std::uint32_t> of_page;
    for (std::uint32_t column = first; column < std::min(columns, first + kPageColumns); ++column) {
      std::vector<double> values;
      for (const TimestampMs t : times) values.push_back(ValueAt(column, t));
      tile.AddFloats(column, rows, values);
      of_page.push_back(column);
    }
    const std::string bytes = tile.Finish();
    const TileView view = *TileView::Open(bytes);
    const TileSource source{&view, times};
    REQUIRE(builder.AddPage(first / kPageColumns, of_page, {&source, 1}).has_value());
  }
  std::vector<RunDraft> drafts = builder.Finish();
  REQUIRE(drafts.size() == 1);
  return std::move(drafts.front());
}

inline void AddRun(RunStore& runs, const RunDraft& draft) {
  REQUIRE(runs.WriteGroups(draft, /*compress=*/false).has_value());
  REQUIRE(runs.Record({draft.run}, {}).has_value());
  const std::unique_lock visible(runs.visibility());
  runs.Show({draft.run}, {});
}

// The times of a column in a run; its values are ValueAt().
inline std::vector<TimestampMs> TimesIn(const Store& store, const Run& run, std::uint32_t target,
                                        std::uint32_t column) {
  const RunTarget* const entry = run.Find(target);
  if (entry == nullptr) return {};
  std::vector<TimestampMs> t;
  std::vector<double> v;
  std::vector<TimestampMs> histogram_t;
  std::vector<HistogramPtr> h;
  std::vector<TimestampMs> starts;
  std::vector<TimestampMs> histogram_starts;
  bool in_all_rows = true;
  RunSamples into{t, v, histogram_t, h, starts, histogram_starts, in_all_rows};
  TileCache tiles;
  REQUIRE(ReadColumn(store, run, *entry, column, kMinTimestampMs, kMaxTimestampMs, tiles, into).has_value());
  for (std::size_t i = 0; i < t.size(); ++i) REQUIRE(v[i] == ValueAt(column, t[i]));
  return t;
}

inline std::vector<TimestampMs> EachMinute(TimestampMs from, int rows) {
  std::vector<TimestampMs> times;
  for (int i = 0; i < rows; ++i) times.push_back(from + i * TimestampMs{60'000});
  return times;
}

}  // namespace vigia::storage::test
