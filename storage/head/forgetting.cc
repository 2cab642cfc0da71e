// SeriesMap: what memory keeps of series that are gone or that nobody uses. See storage/README.md, "Sleeping targets".
#include <algorithm>
#include <cassert>
#include <mutex>
#include <utility>

#include "storage/head/series_map.h"

namespace vigia::storage {
namespace {

// A new series is looked for in as many ways as there are sets of names among the targets that sleep.
constexpr std::size_t kMaxSleepingNames = 16;
// All of them leave the index at once, while nobody else can use it.
constexpr std::size_t kMaxSleepingColumns = 1u << 18;

bool IsWanted(const Target& target) {
  bool wanted = false;
  target.columns().ForEach([&](std::size_t, const Column& column) { wanted = wanted || column.Is(Column::kWanted); });
  return wanted;
}

}  // namespace

// A line stays in memory while a column there has it, or while several columns of the catalog do: the one column that
// sleeps with its line brings it back, but a line of several would be read and kept several times. And it stays until
// the record is deleted that nobody uses.
bool SeriesMap::IsLineInUse(LineId id) const {
  const LabelSet& set = line_sets_[id];
  const std::uint32_t stored = set.stored.load(std::memory_order_relaxed);
  return set.named > 0 || set.indexed > 0 || stored > 1 || (stored == 0 && set.persisted.load());
}

void SeriesMap::TakeUp(LineId id) {
  LabelSet& set = line_sets_[id];
  ++set.named;
  set.revived = set.taken;
}

// Unloads the line some time later when nothing uses it.
void SeriesMap::LetGo(LineId id) {
  LabelSet& set = line_sets_[id];
  if (set.taken || IsLineInUse(id)) return;
  set.taken = true;
  set.revived = false;
  fresh_.lines.push_back(id);
}

bool SeriesMap::IsLineLoaded(LineId id) const {
  const std::shared_lock lock(mu_);
  return line_sets_.IsLoaded(id);
}

void SeriesMap::StartForgetting(Target& target) {
  if (target.asleep()) return;
  target.columns().ForEach([](std::size_t, Column& column) {
    if (column.Is(Column::kWanted)) column.Reset(Column::kWanted);
    if (column.Is(Column::kRemoved)) column.Set(Column::kFading);
  });
}

// Needs the map's lock.
void SeriesMap::DropName(Target& target, std::uint32_t column) {
  const std::uint64_t ref = static_cast<std::uint64_t>(MakeRef(target.id(), column));
  table_.Erase(ref, [this](std::uint64_t value) { return FingerprintOfRef(value); });
  Column& state = target.columns()[column];
  --line_sets_[state.line].named;
}

void SeriesMap::ForgetNames(Target& target) {
  const std::unique_lock lock(mu_);
  target.columns().ForEach([&](std::size_t i, Column& column) {
    if (column.line == 0 || !column.Is(Column::kRemoved) || !column.Is(Column::kFading)) return;
    column.Reset(Column::kFading);
    if (column.Is(Column::kWanted) || column.Is(Column::kPersisted)) return;
    DropName(target, static_cast<std::uint32_t>(i));
    LetGo(std::exchange(column.line, 0));
    --target.removed;
  });
}

std::vector<Symbol> SeriesMap::NamesOf(TargetId target) const {
  std::vector<Symbol> names;
  for (const LabelPair& pair : target_sets_[target].pairs()) names.push_back(pair.name);
  return names;
}

bool SeriesMap::PutToSleep(Target& target) {
  const std::unique_lock lock(mu_);
  LabelSet& set = target_sets_[target.id()];
  const std::size_t count = target.columns().size();
  if (target.asleep() || !set.persisted.load() || count > kMaxSleepingColumns || IsWanted(target)) return false;
  std::vector<Symbol> names = NamesOf(target.id());
  if (sleepers_by_names_.size() >= kMaxSleepingNames && !sleepers_by_names_.contains(names)) return false;
  Target::Asleep sleep{.columns = static_cast<std::uint32_t>(count)};
  IdSet unindexed;
  for (std::uint32_t i = 0; i < count; ++i) {
    const Column& column = target.columns()[i];
    if (column.line == 0) continue;
    DropName(target, i);
    LabelSet& line = line_sets_[column.line];
    const TimestampMs first = column.first_t.load();
    if (first != kNoTime) {
      sleep.first_t = sleep.first_t == kNoTime ? first : std::min(sleep.first_t, first);
      sleep.last_t = std::max(sleep.last_t, column.last_t.load());
    }
    if (column.Is(Column::kRemoved)) continue;
    series_.fetch_sub(1, std::memory_order_relaxed);
    if (--line.indexed == 0) unindexed.push_back(column.line);
  }
  std::sort(unindexed.begin(), unindexed.end());
  line_index_.RemoveAll(unindexed, [&](LineId line) { return line_sets_[line].pairs(); });
  target.columns().ForEach([&](std::size_t, const Column& column) {
    if (column.line != 0) LetGo(column.line);
  });
  set.indexed = 0;  // It stays in the index: its labels and times are known.
  target.removed = 0;
  fresh_.columns.push_back(target.Sleep(sleep));
  ++sleepers_by_names_[std::move(names)];
  sleeping_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

bool SeriesMap::GiveBack(Target& target, std::span<const StoredColumn> columns,
                         const std::unordered_map<LineId, Labels>& labels) {
  const std::unique_lock lock(mu_);
  assert(target.asleep());
  for (const StoredColumn& column : columns) {
    if (column.line != 0 && !line_sets_.IsLoaded(column.line) && !labels.contains(column.line)) return false;
  }
  auto fresh = std::make_unique<Target::Columns>();
  IdSet indexed;
  std::uint32_t live = 0;
  const std::size_t count = std::max<std::size_t>(columns.size(), target.sleep().columns);
  for (std::size_t i = 0; i < count; ++i) {
    const StoredColumn stored = i < columns.size() ? columns[i] : StoredColumn();
    const bool empty = stored.line == 0 || stored.first_t == kNoTime;
    fresh->Grow([&](Column& column) {
      column.line = stored.line;
      column.first_t.store(empty ? kNoTime : stored.first_t);
      column.last_t.store(empty ? kNoTime : stored.last_t);
      if (empty) column.Set(Column::kRemoved);
      if (stored.line != 0) column.Set(Column::kPersisted);
      if (!empty) column.Set(Column::kBound);
    });
    if (stored.line == 0) continue;
    if (!line_sets_.IsLoaded(stored.line)) {
      line_sets_.Restore(stored.line, labels.at(stored.line));
      line_sets_[stored.line].stored.store(1);
    }
    TakeUp(stored.line);
    if (empty) {
      ++target.removed;
      continue;
    }
    ++live;
    if (line_sets_[stored.line].indexed++ == 0) indexed.push_back(stored.line);
  }
  target.Wake(std::move(fresh));
  target.Use(now_ms_.load(std::memory_order_relaxed));
  target.columns().ForEach([&](std::size_t i, const Column& column) {
    if (column.line != 0) Name(target.id(), static_cast<std::uint32_t>(i));
  });
  std::sort(indexed.begin(), indexed.end());
  line_index_.AddAll(indexed, [&](LineId line) { return line_sets_[line].pairs(); });
  LabelSet& set = target_sets_[target.id()];
  set.indexed = live;
  live > 0 ? target_index_.Add(target.id(), set.pairs()) : target_index_.Remove(target.id(), set.pairs());
  series_.fetch_add(live, std::memory_order_relaxed);
  const auto names = sleepers_by_names_.find(NamesOf(target.id()));
  if (--names->second == 0) sleepers_by_names_.erase(names);
  sleeping_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

bool SeriesMap::Forget(Target& target) {
  const std::unique_lock lock(mu_);
  const TargetId id = target.id();
  if (target.asleep() || target_sets_[id].persisted.load() || target_sets_[id].indexed > 0 || IsWanted(target)) {
    return false;
  }
  for (std::uint32_t i = 0; i < target.columns().size(); ++i) {
    Column& column = target.columns()[i];
    if (column.line == 0) continue;
    assert(!column.Is(Column::kPersisted));
    DropName(target, i);
    LetGo(std::exchange(column.line, 0));
  }
  targets_[id].store(nullptr, std::memory_order_release);
  target_sets_.Withdraw(id);
  fresh_.targets.emplace_back(&target);
  fresh_.target_sets.push_back(id);
  alive_.fetch_sub(1, std::memory_order_relaxed);
  return true;
}

void SeriesMap::ForgetSleeping(Target& target, std::span<const LineId> lines) {
  const std::unique_lock lock(mu_);
  assert(target.asleep());
  for (const LineId line : lines) {
    line_sets_[line].stored.fetch_sub(1, std::memory_order_relaxed);
    LetGo(line);
  }
  const TargetId id = target.id();
  const auto names = sleepers_by_names_.find(NamesOf(id));
  if (--names->second == 0) sleepers_by_names_.erase(names);
  sleeping_.fetch_sub(1, std::memory_order_relaxed);
  target_index_.Remove(id, target_sets_[id].pairs());
  target_sets_[id].persisted.store(false);
  targets_[id].store(nullptr, std::memory_order_release);
  target_sets_.Withdraw(id);
  fresh_.targets.emplace_back(&target);
  fresh_.target_sets.push_back(id);
  alive_.fetch_sub(1, std::memory_order_relaxed);
}

void SeriesMap::FreeLines(const std::vector<LineId>& lines) {
  for (const LineId id : lines) {
    LabelSet& set = line_sets_[id];
    set.taken = false;
    if (IsLineInUse(id)) continue;
    set.revived ? LetGo(id) : line_sets_.Unload(id);
  }
}

void SeriesMap::FreeForgotten(TimestampMs now_ms) {
  now_ms_.store(now_ms, std::memory_order_relaxed);
  while (!pending_.empty() && pending_.front().passed->load(std::memory_order_acquire)) {
    Forgotten forgotten = std::move(pending_.front());
    pending_.pop_front();
    const std::unique_lock lock(mu_);
    FreeLines(forgotten.lines);
    for (const TargetId id : forgotten.target_sets) target_sets_.Unload(id);
    symbols_.Free(forgotten.symbols);
  }
  {
    const std::unique_lock lock(mu_);
    table_.Shrink([this](std::uint64_t value) { return FingerprintOfRef(value); });
    fresh_.symbols = symbols_.TakeUnused();
    if (fresh_.empty()) return;
    pending_.push_back(std::exchange(fresh_, {}));
  }
  pending_.back().passed = Turn();
}

}  // namespace vigia::storage
