#include "storage/rowgroup/group_builder.h"

#include <algorithm>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

constexpr std::size_t kMaxRows = 64;
constexpr TimestampMs kStart = 19'675 * kDayMs;

struct Tile {
  std::vector<TimestampMs> times;
  std::string bytes;
};

using Samples = std::map<std::uint32_t, std::map<TimestampMs, double>>;  // By column.

// `hosts` that each send `of_host` columns at times of their own, a row each, sixteen rows to a tile, as the head has
// them.
struct Fleet {
  Fleet(std::uint32_t hosts, std::uint32_t of_host, int rounds) {
    std::vector<std::pair<TimestampMs, std::uint32_t>> rows;
    for (int round = 0; round < rounds; ++round) {
      for (std::uint32_t i = 0; i < hosts; ++i) {
        rows.emplace_back(kStart + round * TimestampMs{hosts} * 10 + i * 10, i * 7 % hosts);  // 7 shares no divisor.
      }
    }
    for (std::size_t from = 0; from < rows.size(); from += 16) {
      Tile& tile = tiles.emplace_back();
      std::map<std::uint32_t, std::vector<std::uint32_t>> rows_of;  // By column.
      for (std::size_t i = from; i < std::min(from + 16, rows.size()); ++i) {
        const auto& [t, host] = rows[i];
        for (std::uint32_t c = 0; c < of_host; ++c) {
          samples[host * of_host + c][t] = static_cast<double>(t % 1000 + c);
          rows_of[host * of_host + c].push_back(static_cast<std::uint32_t>(tile.times.size()));
        }
        tile.times.push_back(t);
      }
      times.insert(times.end(), tile.times.begin(), tile.times.end());
      TileBuilder builder(tile.times);
      for (const auto& [column, of_column] : rows_of) {
        std::vector<double> v;
        for (const std::uint32_t row : of_column) v.push_back(samples[column].at(tile.times[row]));
        builder.AddFloats(column, of_column, v);
      }
      tile.bytes = builder.Finish();
    }
  }

  std::vector<KeyValue> Build(Spread spread, bool masks) const {
    std::vector<TileView> views;
    for (const Tile& tile : tiles) views.push_back(*TileView::Open(tile.bytes));
    std::uint64_t next_id = 1;
    GroupBuilder builder(0, &next_id, kMaxRows);
    builder.StartTarget(1, 1, true, times, spread);
    std::map<std::uint32_t, std::vector<std::uint32_t>> pages;
    for (const auto& [column, of_column] : samples) pages[column / kPageColumns].push_back(column);
    for (const auto& [page, columns] : pages) {
      std::vector<TileSource> sources;
      for (std::size_t i = 0; i < tiles.size(); ++i) {
        std::uint64_t mask = 0;
        for (const std::uint32_t column : columns) {
          if (views[i].Find({column, false})) mask |= std::uint64_t{1} << (column % kPageColumns);
        }
        if (masks && mask == 0) continue;
        sources.push_back({&views[i], tiles[i].times, nullptr, masks ? mask : ~std::uint64_t{0}});
      }
      REQUIRE(builder.AddPage(page, columns, sources).has_value());
    }
    auto drafts = builder.Finish();
    REQUIRE(drafts.size() == 1);
    return std::move(drafts[0].items);
  }

  std::vector<Tile> tiles;
  std::vector<TimestampMs> times;
  Samples samples;
};

Samples Read(const std::vector<KeyValue>& groups, std::size_t* most_rows = nullptr) {
  Samples out;
  for (const KeyValue& group : groups) {
    const auto tile = TileView::Open(group.value);
    REQUIRE(tile.has_value());
    const auto times = tile->Times();
    if (most_rows != nullptr) *most_rows = std::max(*most_rows, times->size());
    for (const ColumnKey& key : *tile->Columns()) {
      std::vector<TimestampMs> t;
      std::vector<double> v;
      REQUIRE(tile->ReadFloats(*tile->Find(key), *times, kMinTimestampMs, kMaxTimestampMs, t, v).has_value());
      for (std::size_t i = 0; i < t.size(); ++i) REQUIRE(out[key.column].emplace(t[i], v[i]).second);
    }
  }
  return out;
}

TEST_CASE("chunks of a sparse target hold several samples of each series", "[groups]") {
  const Fleet fleet(200, 20, 32);  // 63 pages, 6400 rows, each host in every 200th.
  const auto wide = fleet.Build({200, 6400}, true);
  CHECK(wide.size() == 63);  // 32 samples of a series are fewer than 64 rows without gaps: one chunk.
  CHECK(Read(wide) == fleet.samples);
  // As it is without knowing how sparse they are: 100 chunks of 64 rows.
  const auto narrow = fleet.Build({}, true);
  CHECK(narrow.size() > 20 * wide.size());
  CHECK(Read(narrow) == fleet.samples);
}

TEST_CASE("a source without a mask is looked at for every column", "[groups]") {
  const Fleet fleet(50, 20, 8);
  const auto with = fleet.Build({50, 400}, true);
  const auto without = fleet.Build({50, 400}, false);
  REQUIRE(with.size() == without.size());
  for (std::size_t i = 0; i < with.size(); ++i) {
    CHECK(with[i].key == without[i].key);
    CHECK(with[i].value == without[i].value);
  }
}

TEST_CASE("no tile gets more rows than a reader takes", "[groups]") {
  // One page that all rows have, so that it must be cut, whatever the mean says.
  const Fleet fleet(1, 1, 70'000);
  std::size_t most_rows = 0;
  CHECK(Read(fleet.Build({100'000, 70'000}, true), &most_rows) == fleet.samples);
  CHECK(most_rows <= kMaxTileRows / 2);
  // A target without gaps is cut as ever.
  most_rows = 0;
  CHECK(Read(fleet.Build({1, 70'000}, true), &most_rows) == fleet.samples);
  CHECK(most_rows <= kMaxRows);
}

}  // namespace
}  // namespace vigia::storage
