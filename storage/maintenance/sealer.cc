#include "storage/maintenance/sealer.h"

#include <algorithm>
#include <mutex>

namespace vigia::storage {
namespace {

constexpr std::uint8_t kSealTier = 0;

// Times and columns of all tiles together.
Status Survey(const std::vector<std::shared_ptr<const HeadTile>>& tiles, std::vector<TimestampMs>& times,
              std::vector<std::uint32_t>& columns) {
  for (const auto& tile : tiles) {
    times.insert(times.end(), tile->times.begin(), tile->times.end());
    const auto keys = tile->view->Columns();
    if (!keys) return keys.error();
    for (const ColumnKey& key : *keys) columns.push_back(key.column);
  }
  std::sort(times.begin(), times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
  std::sort(columns.begin(), columns.end());
  columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  return {};
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
      return unsealed.rows >= rows || now_ms - unsealed.since_ms >= age_ms;
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
  std::vector<std::shared_ptr<const HeadTile>> tiles;
  std::uint64_t seq = 0;
  {
    const std::lock_guard lock(target.write_mutex());
    tiles = target.Freeze();
    seq = target.unsealed().last_seq;
  }
  std::vector<TimestampMs> times;
  std::vector<std::uint32_t> columns;
  if (Status status = Survey(tiles, times, columns); !status) return status;
  std::vector<TileSource> sources;
  sources.reserve(tiles.size());
  for (const auto& tile : tiles) sources.push_back({&*tile->view, tile->times});
  builder.StartTarget(target.id(), seq, /*next_anew=*/true, std::move(times));  // As Freeze() has it.
  for (std::size_t i = 0; i < columns.size();) {
    const std::uint32_t page = columns[i] / kPageColumns;
    std::size_t end = i;
    while (end < columns.size() && columns[end] / kPageColumns == page) ++end;
    Status status = builder.AddPage(page, std::span(columns).subspan(i, end - i), sources);
    if (!status) return status;
    i = end;
  }
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
  if (status) status = runs_.Record(added, {});
  if (!status) {
    runs_.Discard(added);
    return status;
  }
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
