#include "storage/maintenance/sealer.h"

#include <algorithm>
#include <bit>
#include <mutex>
#include <span>
#include <utility>

namespace vigia::storage {
namespace {

constexpr std::uint8_t kSealTier = 0;

using HeadTiles = std::vector<std::shared_ptr<const HeadTile>>;

// Which columns of a page a tile has: what is sealed costs by what there is, not by columns times tiles.
struct TilePart {
  std::uint32_t page;
  std::uint32_t tile;
  std::uint64_t columns;
};

// All times of the tiles, and all their parts by page and tile.
Status Survey(const HeadTiles& tiles, std::vector<TimestampMs>& times, std::vector<TilePart>& parts) {
  for (std::uint32_t i = 0; i < tiles.size(); ++i) {
    times.insert(times.end(), tiles[i]->times.begin(), tiles[i]->times.end());
    const auto keys = tiles[i]->view->Columns();
    if (!keys) return keys.error();
    const std::size_t first = parts.size();
    for (const ColumnKey& key : *keys) {
      const std::uint32_t page = key.column / kPageColumns;
      if (parts.size() == first || parts.back().page != page) parts.push_back({page, i, 0});
      parts.back().columns |= std::uint64_t{1} << (key.column % kPageColumns);
    }
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  std::sort(parts.begin(), parts.end(),
            [](const TilePart& a, const TilePart& b) { return std::pair(a.page, a.tile) < std::pair(b.page, b.tile); });
  return {};
}

// Calls fn(parts) for one page after the other until one fails.
template <class Fn>
Status ForEachPage(std::span<const TilePart> parts, Fn&& fn) {
  while (!parts.empty()) {
    std::size_t end = 1;
    while (end < parts.size() && parts[end].page == parts.front().page) ++end;
    if (Status status = fn(parts.first(end)); !status) return status;
    parts = parts.subspan(end);
  }
  return {};
}

std::uint64_t ColumnsOf(std::span<const TilePart> page) {
  std::uint64_t columns = 0;
  for (const TilePart& part : page) columns |= part.columns;
  return columns;
}

// At how many of its times a tile may have samples of the part: all, or those that other columns leave of its samples.
std::size_t RowsOf(const HeadTile& tile, const TilePart& part) {
  const std::size_t others = tile.view->columns() - static_cast<std::size_t>(std::popcount(part.columns));
  return std::min(tile.times.size(), tile.samples - std::min(others, tile.samples));
}

// Of `samples` at `times`.
Spread SpreadOf(const HeadTiles& tiles, std::span<const TilePart> parts, std::size_t times, std::size_t samples) {
  std::size_t columns = 0;
  std::size_t page_rows = 0;
  const auto look = [&](std::span<const TilePart> page) -> Status {
    columns += static_cast<std::size_t>(std::popcount(ColumnsOf(page)));
    std::size_t rows = 0;
    for (const TilePart& part : page) rows += RowsOf(*tiles[part.tile], part);
    page_rows = std::max(page_rows, rows);
    return {};
  };
  static_cast<void>(ForEachPage(parts, look));
  return {std::max<std::size_t>(times * columns / std::max<std::size_t>(samples, 1), 1), page_rows};
}

}  // namespace

// Targets that begin together, as after a start, must not all be full at the same time: that would double the memory of
// the head. So the first seal of each comes between a quarter and all of the way.
std::pair<std::size_t, DurationMs> Sealer::DueAt(const Target& target) const {
  if (target.was_sealed()) return {policy_.rows, policy_.age_ms};
  constexpr std::uint32_t kParts = 1024;
  const std::uint32_t part = kParts / 4 + (target.id() * 0x9e37'79b9u >> 8) % (kParts * 3 / 4 + 1);
  return {policy_.rows * part / kParts, policy_.age_ms * part / kParts};
}

bool Sealer::IsDue(Target& target, Scope scope, TimestampMs now_ms) {
  const std::lock_guard lock(target.write_mutex());
  const Target::Unsealed unsealed = target.unsealed();
  if (unsealed.rows == 0) return false;
  switch (scope) {
    case Scope::kAll: return true;
    case Scope::kOldLog: return unsealed.oldest_generation < log_.generation();
    case Scope::kDue: {
      const auto [rows, age_ms] = DueAt(target);
      if (now_ms - unsealed.since_ms >= age_ms) return true;
      // Rows of a few of many series do not count in full: row groups of them alone would be larger than they are.
      const std::size_t wanted = std::max<std::size_t>(rows / 4, 1);
      return unsealed.rows >= rows && (unsealed.samples >= wanted * target.columns().size() ||
                                       unsealed.samples >= wanted * target.CountActiveColumns());
    }
  }
  return false;
}

Result<std::size_t> Sealer::Seal(Scope scope, TimestampMs now_ms) {
  GroupBuilder builder(kSealTier, runs_.next_id(), policy_.rows);
  std::vector<Frozen> frozen;
  std::size_t sealed = 0;
  for (TargetId id = 1; id < series_.target_end(); ++id) {
    Target* const target = series_.FindTarget(id);
    if (target == nullptr || !IsDue(*target, scope, now_ms)) continue;
    if (Status status = Add(*target, builder, frozen); !status) return status.error();
    ++sealed;
    if (builder.bytes() < policy_.run_bytes) continue;
    if (Status status = Finish(builder, frozen); !status) return status.error();
  }
  if (Status status = Finish(builder, frozen); !status) return status.error();
  return sealed;
}

Status Sealer::Add(Target& target, GroupBuilder& builder, std::vector<Frozen>& frozen) {
  HeadTiles tiles;
  Target::Unsealed unsealed;
  {
    const std::lock_guard lock(target.write_mutex());
    tiles = target.Freeze();
    unsealed = target.unsealed();
  }
  std::vector<TimestampMs> times;
  std::vector<TilePart> parts;
  if (Status status = Survey(tiles, times, parts); !status) return status;
  const Spread spread = SpreadOf(tiles, parts, times.size(), unsealed.samples);
  builder.StartTarget(target.id(), unsealed.last_seq, /*next_anew=*/true, std::move(times),
                      spread);  // As Freeze() says.
  std::vector<TileSource> sources;
  std::vector<std::uint32_t> columns;
  Status status = ForEachPage(parts, [&](std::span<const TilePart> page) {
    sources.clear();
    for (const TilePart& part : page) {
      sources.push_back({&*tiles[part.tile]->view, tiles[part.tile]->times, nullptr, part.columns});
    }
    columns.clear();
    for (std::uint64_t left = ColumnsOf(page); left != 0; left &= left - 1) {
      columns.push_back(page.front().page * kPageColumns + static_cast<std::uint32_t>(std::countr_zero(left)));
    }
    return builder.AddPage(page.front().page, columns, sources);
  });
  if (!status) return status;
  frozen.push_back({&target, tiles.size()});
  return {};
}

Status Sealer::Finish(GroupBuilder& builder, std::vector<Frozen>& frozen) {
  if (frozen.empty()) return {};
  const std::vector<RunDraft> drafts = builder.Finish();
  std::vector<Run> added;
  Status status;
  for (const RunDraft& draft : drafts) {
    if (status) status = runs_.WriteGroups(draft, /*compress=*/false);
    added.push_back(draft.run);
  }
  if (!status) {
    runs_.Discard(added);
    return status;
  }
  if (status = runs_.Record(added, {}); !status) return status;
  // From here on readers must find each row exactly once: in the runs, not in the head.
  std::vector<std::unique_lock<std::mutex>> locks;
  locks.reserve(frozen.size());
  for (const Frozen& entry : frozen) locks.emplace_back(entry.target->write_mutex());
  const std::unique_lock visible(runs_.visibility());
  runs_.Show(std::move(added), {});
  for (const Frozen& entry : frozen) entry.target->Release(entry.tiles);
  frozen.clear();
  return {};
}

Status Sealer::TruncateLog() {
  if (!log_.has_old_generation()) return {};
  for (TargetId id = 1; id < series_.target_end(); ++id) {
    Target* const target = series_.FindTarget(id);
    if (target == nullptr) continue;
    const std::lock_guard lock(target->write_mutex());
    const Target::Unsealed unsealed = target->unsealed();
    if (unsealed.rows > 0 && unsealed.oldest_generation < log_.generation()) return {};
  }
  return log_.Truncate();
}

}  // namespace vigia::storage
