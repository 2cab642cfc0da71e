#include "storage/head/target.h"

#include <algorithm>
#include <cassert>

namespace vigia::storage {
namespace {

constexpr std::size_t kHistogramBytes = 512;  // A native histogram with its buckets, about.

std::size_t BytesOf(const HeadTile& tile) {
  return sizeof(HeadTile) + tile.bytes.capacity() + tile.times.capacity() * sizeof(TimestampMs);
}

std::size_t BytesOf(const Row& row, const Layout& layout) {
  return row.bytes(layout.width()) + row.rest().histograms.size() * kHistogramBytes;
}

// Of a target's first row: the columns that it has.
std::shared_ptr<const Layout> LayoutOf(const FrameRow& row) {
  std::vector<std::uint32_t> columns;
  columns.reserve(row.cells.size());
  for (const FrameCell& cell : row.cells) columns.push_back(cell.column);
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return std::make_shared<const Layout>(columns);
}

void AddStart(const Row& row, std::uint32_t column, const std::vector<TimestampMs>& t,
              std::vector<TimestampMs>& starts) {
  const TimestampMs start = row.Start(column);
  if (start == 0) return;
  starts.resize(t.size());
  starts.back() = start;
}

}  // namespace

Status ReadColumn(const TargetSnapshot& snapshot, std::uint32_t column, TimestampMs from, TimestampMs to,
                  ColumnSamples& out) {
  for (const auto& tile : snapshot.tiles) {
    if (!out.in_all_rows && !tile->MayHave(column)) continue;
    if (tile->times.back() < from || tile->times.front() > to) continue;
    const TileView& view = *tile->view;
    const auto floats = view.Find({column, false});
    if (!floats || !floats->in_all_rows()) out.in_all_rows = false;
    if (floats) {
      const std::size_t first = out.t.size();
      if (Status status = view.ReadFloats(*floats, tile->times, from, to, out.t, out.v); !status) return status;
      if (Status status = view.ReadStarts(column, tile->times, out.t, first, out.starts); !status) return status;
    }
    if (const auto histograms = view.Find({column, true})) {
      const std::size_t first = out.histogram_t.size();
      Status status = view.ReadHistograms(*histograms, tile->times, from, to, out.histogram_t, out.h);
      if (status) status = view.ReadStarts(column, tile->times, out.histogram_t, first, out.histogram_starts);
      if (!status) return status;
    }
  }
  if (snapshot.staged == 0) return {};
  const Layout& layout = snapshot.staging->layout();
  TimestampMs missing = kNoTime;  // A time at which a row without the column was seen.
  const std::span<const Row> rows = snapshot.staging->FirstRows(snapshot.staged);
  StagedColumn floats(rows, layout, column);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const Row& row = rows[i];
    if (row.t < from || row.t > to) continue;
    if (const auto v = floats.At(i)) {
      out.t.push_back(row.t);
      out.v.push_back(*v);
      if (!row.rest().starts.empty()) AddStart(row, column, out.t, out.starts);
      if (missing == row.t) missing = kNoTime;
    } else if (out.t.empty() || out.t.back() != row.t) {
      if (missing != kNoTime && missing != row.t) out.in_all_rows = false;
      missing = row.t;
    }
    if (const HistogramPtr* h = row.Histogram(column)) {
      out.histogram_t.push_back(row.t);
      out.h.push_back(*h);
      if (!row.rest().starts.empty()) AddStart(row, column, out.histogram_t, out.histogram_starts);
    }
  }
  if (missing != kNoTime) out.in_all_rows = false;
  return {};
}

TargetSnapshot Target::Snapshot() const {
  const std::lock_guard lock(mu_);
  return {tiles_, staging_, staged_};
}

void Target::Prepare(const std::vector<FrameRow>& rows, Prepared& out) {
  constexpr std::size_t kTileRows = 512;  // Of a batch with so many rows that staging them is a detour.
  out.count = rows.size();
  for (const FrameRow& row : rows) out.samples += row.cells.size() + row.histograms.size();
  const bool fits = staged_ + rows.size() <= Staging::kRows;
  if (fits && staging_ == nullptr) out.staging = std::make_shared<Staging>(LayoutOf(rows[0]));
  if (!fits) {
    // Columns of the rows that were staged last: what a scrape had then it will most likely have again.
    std::shared_ptr<const Layout> layout = staging_ == nullptr ? LayoutOf(rows[0]) : staging_->shared_layout();
    if (staged_ > 0) {
      auto tile = HeadTile::Pack(staging_->FirstRows(staged_), staging_->layout());
      const bool same = tile->columns.size() == layout->width() && layout->width() > 0 &&
                        layout->ColumnOf(static_cast<std::uint32_t>(layout->width() - 1)) == tile->columns.back();
      if (!same) layout = std::make_shared<const Layout>(tile->columns);
      std::vector<std::uint32_t>().swap(tile->columns);
      out.tiles.push_back(std::move(tile));
    }
    out.staging = std::make_shared<Staging>(std::move(layout));
  }
  if (rows.size() > Staging::kRows) {
    for (std::size_t from = 0; from < rows.size(); from += kTileRows) {
      std::vector<Row> some;
      for (std::size_t i = from; i < std::min(from + kTileRows, rows.size()); ++i) some.push_back(Row::Loose(rows[i]));
      auto tile = HeadTile::Pack(some, Layout());
      std::vector<std::uint32_t>().swap(tile->columns);
      out.tiles.push_back(std::move(tile));
    }
    return;
  }
  Staging& staging = out.staging != nullptr ? *out.staging : *staging_;
  out.rows.reserve(rows.size());
  for (const FrameRow& row : rows) out.rows.push_back(staging.Make(row));
}

void Target::Publish(Prepared& prepared, std::uint64_t seq, std::uint32_t generation, TimestampMs now_ms) {
  Use(now_ms);
  begins_anew_ = false;
  if (unsealed_.rows == 0) {
    unsealed_.oldest_generation = generation;
    unsealed_.since_ms = now_ms;
  }
  unsealed_.rows += prepared.count;
  unsealed_.samples += prepared.samples;
  unsealed_.last_seq = std::max(unsealed_.last_seq, seq);
  const std::size_t before = bytes();
  for (const auto& tile : prepared.tiles) tile_bytes_ += BytesOf(*tile);
  if (prepared.staging != nullptr) staged_bytes_ = 0;
  const Layout& layout = prepared.staging != nullptr ? prepared.staging->layout() : staging_->layout();
  for (const Row& row : prepared.rows) staged_bytes_ += BytesOf(row, layout);
  head_bytes_.fetch_add(bytes() - before, std::memory_order_relaxed);
  const std::lock_guard lock(mu_);
  for (auto& tile : prepared.tiles) tiles_.push_back(std::move(tile));
  if (prepared.staging != nullptr) {
    staging_ = std::move(prepared.staging);
    staged_ = 0;
  }
  for (Row& row : prepared.rows) {
    staging_->Append(std::move(row));
    ++staged_;
  }
}

std::unique_ptr<Target::Columns> Target::Sleep(const Asleep& sleep) {
  static Columns none;  // Never changes.
  {
    const std::lock_guard lock(mu_);
    assert(tiles_.empty() && staged_ == 0);
    tiles_.shrink_to_fit();
    staging_.reset();
  }
  holes = {};
  sleep_ = sleep;
  asleep_.store(true, std::memory_order_release);
  shown_.store(&none, std::memory_order_release);
  return std::move(columns_);
}

void Target::Wake(std::unique_ptr<Columns> columns) {
  columns_ = std::move(columns);
  shown_.store(columns_.get(), std::memory_order_release);
  asleep_.store(false, std::memory_order_release);
}

Target::Unsealed Target::unsealed() const {
  if (frozen_.rows == 0) return unsealed_;
  return {frozen_.rows + unsealed_.rows, frozen_.samples + unsealed_.samples, frozen_.oldest_generation,
          frozen_.since_ms, unsealed_.last_seq};
}

std::size_t Target::CountActiveColumns() const {
  std::size_t count = 0;
  columns().ForEach([&](std::size_t, const Column& column) { count += column.epoch != 0 ? 1 : 0; });
  return count;
}

std::vector<std::shared_ptr<const HeadTile>> Target::Freeze() {
  frozen_ = unsealed();
  unsealed_ = {.last_seq = unsealed_.last_seq};
  begins_anew_ = true;
  columns().ForEach([](std::size_t, Column& column) { column.epoch = 0; });
  if (staged_ > 0) {
    auto tile = HeadTile::Pack(staging_->FirstRows(staged_), staging_->layout());
    auto layout = std::make_shared<const Layout>(tile->columns);
    std::vector<std::uint32_t>().swap(tile->columns);
    const std::size_t before = bytes();
    tile_bytes_ += BytesOf(*tile);
    staged_bytes_ = 0;
    head_bytes_.fetch_add(bytes() - before, std::memory_order_relaxed);
    const std::lock_guard lock(mu_);
    tiles_.push_back(std::move(tile));
    staging_ = std::make_shared<Staging>(std::move(layout));
    staged_ = 0;
  }
  return tiles_;
}

void Target::ReplaceTiles(std::vector<std::shared_ptr<const HeadTile>> tiles) {
  assert(staged_ == 0);
  if (tiles.empty()) frozen_ = {};
  const std::size_t before = bytes();
  tile_bytes_ = 0;
  for (const auto& tile : tiles) tile_bytes_ += BytesOf(*tile);
  head_bytes_.fetch_sub(before - bytes(), std::memory_order_relaxed);
  const std::lock_guard lock(mu_);
  tiles_ = std::move(tiles);
}

void Target::Release(std::size_t count) {
  assert(count <= tiles_.size());
  frozen_ = {};
  was_sealed_ = true;
  const std::size_t before = bytes();
  for (std::size_t i = 0; i < count; ++i) tile_bytes_ -= BytesOf(*tiles_[i]);
  head_bytes_.fetch_sub(before - bytes(), std::memory_order_relaxed);
  const std::lock_guard lock(mu_);
  tiles_.erase(tiles_.begin(), tiles_.begin() + static_cast<std::ptrdiff_t>(count));
}

}  // namespace vigia::storage
