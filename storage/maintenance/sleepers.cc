#include "storage/maintenance/sleepers.h"

#include <algorithm>
#include <mutex>
#include <string>

#include "storage/catalog/records.h"
#include "storage/maintenance/holes.h"

namespace vigia::storage {
namespace {
constexpr std::size_t kMaxColumns = 1u << 26;  // Of a target: against damaged numbers.
}

bool Sleepers::IsIdle(Target& target, TimestampMs now_ms) const {
  if (target.used_ms() == kNoTime) target.Use(now_ms);
  const Target::Unsealed unsealed = target.unsealed();
  return unsealed.rows == 0 && unsealed.last_seq < deps_.log.oldest_seq() &&
         now_ms - target.used_ms() >= deps_.sleep_after_ms;
}

// Whether the next turn has to be noted for the target.
bool Sleepers::Tend(Target& target, TimestampMs now_ms) {
  if (target.asleep()) return false;
  const bool idle = IsIdle(target, now_ms);
  if (!idle && target.removed == 0) {
    target.looked.reset();
    return false;
  }
  if (target.looked == nullptr) {
    deps_.series.StartForgetting(target);
    return true;
  }
  if (!target.looked->load(std::memory_order_acquire)) return false;
  target.looked.reset();
  // Retention forgets one that sleeps, when all are gone who saw it awake.
  if (idle && deps_.series.PutToSleep(target)) return true;
  if (idle && deps_.series.Forget(target)) return false;
  if (target.removed > 0) deps_.series.ForgetNames(target);
  return false;
}

void Sleepers::Tend(TimestampMs now_ms) {
  std::vector<Target*> looked;
  for (TargetId id = 1; id < deps_.series.target_end(); ++id) {
    Target* const target = deps_.series.FindTarget(id);
    if (target == nullptr) continue;
    const std::lock_guard lock(target->write_mutex());
    if (Tend(*target, now_ms)) looked.push_back(target);
  }
  if (!looked.empty()) {
    const Pins::Passed passed = deps_.series.Turn();
    for (Target* const target : looked) {
      const std::lock_guard lock(target->write_mutex());
      target->looked = passed;
    }
  }
  deps_.series.FreeForgotten(now_ms);
}

Status Sleepers::Wake(TargetId id) {
  const auto pin = deps_.series.Pin();
  Target* const target = deps_.series.FindTarget(id);
  if (target == nullptr) return {};
  const std::lock_guard lock(target->write_mutex());
  return deps_.series.FindTarget(id) == nullptr ? Status() : Wake(*target);
}

Status Sleepers::Wake(Target& target) {
  if (!target.asleep()) return {};
  auto columns = ReadColumns(target.id());
  if (!columns) return columns.error();
  std::shared_ptr<const RunSet> runs;
  std::shared_ptr<const TombstoneSet> tombstones;
  {
    const std::shared_lock visible(deps_.runs.visibility());
    runs = deps_.runs.Current();
    tombstones = deps_.tombstones.Current();
  }
  AddBounds(target.id(), *runs, *tombstones, *columns);
  // Lines that leave memory meanwhile are looked for again.
  for (bool given = false; !given;) {
    std::unordered_map<LineId, Labels> labels;
    for (const StoredColumn& column : *columns) {
      if (column.line == 0 || deps_.series.IsLineLoaded(column.line)) continue;
      auto line = ReadLine(deps_.store, column.line);
      if (!line) return line.error();
      if (!*line) return Error{Errc::kCorruption, "catalog: line " + std::to_string(column.line) + " is not there"};
      labels.insert_or_assign(column.line, std::move(**line));
    }
    given = deps_.series.GiveBack(target, *columns, labels);
  }
  RestoreHoles(deps_.series, target, *tombstones, *runs);
  target.looked.reset();
  const bool empty = std::any_of(columns->begin(), columns->end(), [](const StoredColumn& column) {
    return column.line != 0 && column.first_t == kNoTime;
  });
  if (empty && deps_.found_empty) deps_.found_empty();
  return {};
}

Result<std::vector<StoredColumn>> Sleepers::ReadColumns(TargetId id) const {
  std::vector<StoredColumn> columns;
  const Status status = ReadColumnsOf(deps_.store, id, [&](const ColumnRecord& record) -> Status {
    const std::size_t end = record.first + record.lines.size();
    if (end > kMaxColumns) return Error{Errc::kCorruption, "catalog: column number out of range"};
    if (columns.size() < end) columns.resize(end);
    for (std::size_t i = 0; i < record.lines.size(); ++i) {
      if (columns[record.first + i].line == 0) columns[record.first + i].line = record.lines[i];
    }
    return {};
  });
  if (!status) return status.error();
  return columns;
}

// As at a start: runs tell of a series only that it lies between their bounds; of these, deletes leave a part or
// nothing.
void Sleepers::AddBounds(TargetId id, const RunSet& runs, const TombstoneSet& tombstones,
                         std::vector<StoredColumn>& columns) {
  for (const auto& run : runs.runs) {
    const RunTarget* const entry = run->Find(id);
    if (entry == nullptr) continue;
    const HiddenSamples hidden = tombstones.HiddenIn(*run, id);
    for (const auto& [first, end] : entry->columns.ranges()) {
      for (std::uint32_t i = first; i < std::min<std::size_t>(end, columns.size()); ++i) {
        const TimestampMs from = hidden.empty() ? entry->min_t : FirstSeen(hidden.Of(i), entry->min_t);
        if (from > entry->max_t) continue;
        StoredColumn& column = columns[i];
        column.first_t = column.first_t == kNoTime ? from : std::min(column.first_t, from);
        column.last_t = std::max(column.last_t, entry->max_t);
      }
    }
  }
}

}  // namespace vigia::storage
