#include "storage/maintenance/retention.h"

#include <algorithm>
#include <mutex>
#include <optional>

#include "storage/catalog/records.h"

namespace vigia::storage {
namespace {

// Of the rows that are not at rest; kMaxTimestampMs when there are none.
TimestampMs OldestOf(const TargetSnapshot& snapshot) {
  TimestampMs oldest = kMaxTimestampMs;
  for (const auto& tile : snapshot.tiles) oldest = std::min(oldest, tile->times.front());
  if (snapshot.staged == 0) return oldest;
  for (const Row& row : snapshot.staging->FirstRows(snapshot.staged)) oldest = std::min(oldest, row.t);
  return oldest;
}

}  // namespace

Result<RetentionResult> Retention::Apply(const RetentionLimits& limits, TimestampMs now_ms,
                                         const std::function<std::uint64_t()>& used_bytes) {
  RetentionResult result;
  const auto oldest_day = [&]() -> std::optional<std::int32_t> {
    const auto& runs = runs_.Current()->runs;
    if (runs.empty()) return std::nullopt;
    return runs.front()->day;
  };
  if (limits.time_ms > 0) {
    for (auto day = oldest_day(); day && DayStart(*day + 1) <= now_ms - limits.time_ms; day = oldest_day()) {
      if (Status status = DropDay(*day); !status) return status.error();
      ++result.days_by_time;
    }
  }
  runs_.CollectGarbage();
  if (limits.size_bytes > 0) {
    // What a reader still holds will go by itself: no other day need make room for it.
    const auto exceeded = [&] { return used_bytes() > limits.size_bytes + runs_.garbage_bytes(); };
    for (auto day = oldest_day(); day && exceeded(); day = oldest_day()) {
      if (Status status = DropDay(*day); !status) return status.error();
      ++result.days_by_size;
      runs_.CollectGarbage();
    }
  }
  if (result.days_by_time + result.days_by_size > 0) forget_.store(true);
  if (forget_.exchange(false)) {
    if (Status status = ForgetSeries(now_ms); !status) {
      forget_.store(true);
      return status.error();
    }
  }
  return result;
}

Status Retention::DropDay(std::int32_t day) {
  std::vector<std::shared_ptr<const Run>> removed;
  for (const auto& run : runs_.Current()->runs) {
    if (run->day == day) removed.push_back(run);
  }
  if (Status status = runs_.Record({}, removed); !status) return status;
  const std::unique_lock visible(runs_.visibility());
  runs_.Show({}, removed);
  return {};
}

Status Retention::ForgetSeries(TimestampMs now_ms) {
  TimestampMs oldest = kMaxTimestampMs;
  for (const auto& run : runs_.Current()->runs) oldest = std::min(oldest, run->min_t);
  bool waiting = false;
  for (TargetId id = 1; id < series_.target_end(); ++id) {
    Target* const target = series_.FindTarget(id);
    if (target == nullptr) continue;
    const std::lock_guard lock(target->write_mutex());
    if (target->asleep()) {
      if (Status status = ForgetSleeper(*target, &waiting); !status) return status;
      continue;
    }
    const TimestampMs oldest_row = OldestOf(target->Snapshot());
    if (ForgetColumns(*target, std::min(oldest, oldest_row), Expired(*target, oldest_row, now_ms))) {
      unwritten_.insert(id);
    }
    if (Status status = WriteColumns(*target, unwritten_.contains(id), &waiting); !status) return status;
    unwritten_.erase(id);
  }
  if (waiting) forget_.store(true);
  return ForgetLines();
}

// A target that sleeps goes as a whole, when no run has a sample of it. Whoever saw it awake must be gone: their refs
// have to be good until they are committed.
Status Retention::ForgetSleeper(Target& target, bool* waiting) {
  for (const auto& run : runs_.Current()->runs) {
    if (run->Find(target.id()) != nullptr) return {};
  }
  if (target.looked == nullptr || !target.looked->load(std::memory_order_acquire)) {
    *waiting = true;
    return {};
  }
  Batch batch;
  std::vector<LineId> loaded;  // Others may use these: ForgetLines() sees to them.
  std::size_t columns = 0;
  Status status = ReadColumnsOf(store_, target.id(), [&](const ColumnRecord& record) -> Status {
    for (const LineId line : record.lines) {
      if (line == 0) continue;
      ++columns;
      if (series_.IsLineLoaded(line)) {
        loaded.push_back(line);
      } else {
        DeleteLineRecord(batch, line);
      }
    }
    return {};
  });
  if (status) status = ReplaceColumnRecords(store_, batch, target.id(), 0, {});
  if (status) DeleteTargetRecord(batch, target.id());
  if (status) status = store_.Write(batch, WriteMode::kProcess);
  if (!status) return status;
  series_.ForgetSleeping(target, loaded);
  metrics_.series_removed.Add(static_cast<double>(columns));
  return {};
}

// Columns whose samples are all too old for their policy and out of the runs, since a rewrite left them behind.
ColumnRanges Retention::Expired(const Target& target, TimestampMs oldest_row, TimestampMs now_ms) const {
  ColumnRanges expired;
  const auto policies = policies_.Current();
  const auto& parts = policies->PartsOf(target.id());
  if (parts.empty()) return expired;
  std::vector<const RunTarget*> entries;
  for (const auto& run : runs_.Current()->runs) {
    if (const RunTarget* const entry = run->Find(target.id())) entries.push_back(entry);
  }
  std::vector<std::uint32_t> columns;
  for (const auto& part : parts) {
    const TimestampMs cutoff = std::min(policies->CutoffOf(part, now_ms), oldest_row);
    for (const auto& [first, end] : part.columns.ranges()) {
      for (std::uint32_t column = first; column < end; ++column) {
        if (target.columns()[column].last_t.load() >= cutoff) continue;
        const bool stored = std::any_of(entries.begin(), entries.end(),
                                        [&](const RunTarget* entry) { return entry->columns.Contains(column); });
        if (!stored) columns.push_back(column);
      }
    }
  }
  std::sort(columns.begin(), columns.end());
  for (const std::uint32_t column : columns) expired.Add(column);
  return expired;
}

Status Retention::WriteColumns(Target& target, bool changed, bool* waiting) {
  std::atomic<bool>& persisted = series_.target_set(target.id()).persisted;
  ColumnRecord record;
  bool any = false;
  const std::size_t count = target.columns().size();
  for (std::uint32_t column = 0; column < count; ++column) {
    const Column& state = target.columns()[column];
    const bool kept = state.Is(Column::kPersisted);
    record.lines.push_back(kept ? state.line : 0);
    any = any || kept;
  }
  // A frame in the log needs its target and columns, be they nameless, or the next start cannot read it. And a number
  // that is free again must not find frames of its former owner.
  const bool unused = !any && persisted.load();
  const bool logged = target.unsealed().last_seq != 0 && target.unsealed().last_seq >= log_.oldest_seq();
  *waiting = *waiting || (unused && logged);
  if (!changed && (!unused || logged)) return {};
  const bool drop = unused && !logged;
  if (drop || !persisted.load()) record.lines.clear();
  Batch batch;
  Status status = ReplaceColumnRecords(store_, batch, target.id(), target.unsealed().last_seq, record);
  if (status && drop) DeleteTargetRecord(batch, target.id());
  if (status && !batch.empty()) status = store_.Write(batch, WriteMode::kProcess);
  if (status && drop) persisted.store(false);
  return status;
}

Status Retention::ForgetLines() {
  const Log::Standstill standstill(log_);
  Batch batch;
  for (const LineId line : series_.TakeUnusedLines()) DeleteLineRecord(batch, line);
  return batch.empty() ? Status() : store_.Write(batch, WriteMode::kProcess);
}

bool Retention::ForgetColumns(Target& target, TimestampMs oldest, const ColumnRanges& expired) {
  bool changed = false;
  std::vector<std::uint32_t> gone;
  const std::size_t count = target.columns().size();
  for (std::uint32_t column = 0; column < count; ++column) {
    Column& state = target.columns()[column];
    if (state.Is(Column::kRemoved) && state.Is(Column::kPersisted)) {  // Deleted.
      series_.ResetPersisted(state);
      changed = true;
    }
    if (state.Is(Column::kRemoved) || (state.last_t.load() >= oldest && !expired.Contains(column))) {
      const TimestampMs first = state.first_t.load();
      if (first != kNoTime && first < oldest) state.first_t.store(oldest);
      continue;
    }
    gone.push_back(column);
    series_.ResetPersisted(state);
    state.first_t.store(kNoTime);
    metrics_.series_removed.Add();
    changed = true;
  }
  series_.RemoveAll(target.id(), gone);
  return changed;
}

}  // namespace vigia::storage
