#include "storage/head/series_map.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <mutex>
#include <utility>

namespace vigia::storage {
namespace {

// The labels of `shared` that `labels` has with the same value, and the rest of `labels`.
void Split(const Labels& labels, const Labels& shared, std::vector<LabelView>& common, std::vector<LabelView>& rest) {
  auto it = shared.begin();
  for (const LabelView label : labels) {
    while (it != shared.end() && (*it).name < label.name) ++it;
    (it != shared.end() && *it == label ? common : rest).push_back(label);
  }
}

}  // namespace

SeriesMap::SeriesMap() : target_sets_(symbols_), line_sets_(symbols_), target_index_(symbols_), line_index_(symbols_) {
  targets_.Grow([](std::atomic<Target*>&) {});
}

SeriesMap::~SeriesMap() {
  targets_.ForEach([](std::size_t, std::atomic<Target*>& target) { delete target.load(); });
}

Target& SeriesMap::GrowTargets() {
  const auto id = static_cast<TargetId>(targets_.size());
  targets_.Grow([&](std::atomic<Target*>& slot) {
    auto target = std::make_unique<Target>(id, head_bytes_);
    target->Use(now_ms_.load(std::memory_order_relaxed));
    slot.store(target.release(), std::memory_order_release);
  });
  alive_.fetch_add(1, std::memory_order_relaxed);
  return target(id);
}

TargetId SeriesMap::InternTarget(const Labels& wanted) {
  static const Labels kNone;  // For more than a set can have: they go to the lines, which refuse them.
  const Labels& labels = wanted.size() > LabelSets::kMaxLabels ? kNone : wanted;
  const Fingerprint fingerprint = storage::FingerprintOf(labels);
  {
    const std::shared_lock lock(mu_);
    if (const TargetId known = target_sets_.Find(labels, fingerprint); known != 0) return known;
  }
  const std::unique_lock lock(mu_);
  const TargetId id = target_sets_.Intern(labels);
  while (targets_.size() <= id) GrowTargets();
  return id;
}

Result<SeriesRef> SeriesMap::Resolve(const Labels& labels, const Labels& shared, TargetId shared_target,
                                     bool* created) {
  *created = false;
  if (labels.empty()) return Error{Errc::kInvalid, "empty label set"};
  if (labels.size() > LabelSets::kMaxLabels) return Error{Errc::kLimit, "too many labels"};
  std::vector<LabelView> common;
  std::vector<LabelView> rest;
  Split(labels, shared, common, rest);
  TargetId target = shared_target;
  if (common.size() != shared.size()) target = InternTarget(Labels::FromPairs(common));
  const Labels line_labels = Labels::FromPairs(std::move(rest));
  const Fingerprint line_fingerprint = storage::FingerprintOf(line_labels);
  for (;;) {
    TargetId sleeper = 0;
    if (std::shared_lock lock(mu_); FindTarget(target) != nullptr) {
      const Fingerprint fingerprint = target_sets_[target].fingerprint + line_fingerprint;
      const LineId line = line_sets_.Find(line_labels, line_fingerprint);
      if (const auto ref = FindKnown(target, line, labels, fingerprint)) return *ref;
      sleeper = SleeperFor(target, labels);
    }
    if (sleeper != 0) {
      if (Status status = Wake(sleeper); !status) return status.error();
      continue;
    }
    const std::unique_lock lock(mu_);
    Target* const owner = FindTarget(target);
    if (owner == nullptr) {  // Forgotten since somebody asked for it.
      target = target_sets_.Intern(Labels::FromPairs(common));
      while (targets_.size() <= target) GrowTargets();
      continue;
    }
    if (SleeperFor(target, labels) != 0) continue;
    const Fingerprint fingerprint = target_sets_[target].fingerprint + line_fingerprint;
    const LineId line = line_sets_.Intern(line_labels);
    if (const auto ref = FindKnown(target, line, labels, fingerprint)) return *ref;
    if (owner->columns().size() >= UINT32_MAX / 2) return Error{Errc::kLimit, "too many series of one target"};
    owner->Use(now_ms_.load(std::memory_order_relaxed));
    const std::uint32_t column = AddColumn(*owner, line);
    owner->columns()[column].Set(Column::kWanted);
    Name(target, column);
    Index(target, column);
    *created = true;
    return MakeRef(target, column);
  }
}

// Whoever gets the ref of a column that maintenance might forget says so. Needs the map's lock, shared is enough.
std::optional<SeriesRef> SeriesMap::FindKnown(TargetId target, LineId line, const Labels& labels,
                                              const Fingerprint& fingerprint) const {
  const auto ref = static_cast<SeriesRef>(FindLocked(target, line, labels, fingerprint));
  if (ref == SeriesRef::kNone) return std::nullopt;
  Target& owner = *FindTarget(TargetOf(ref));
  Column& column = owner.columns()[ColumnOf(ref)];
  if (!column.Is(Column::kPersisted) || column.Is(Column::kRemoved)) {
    owner.Use(now_ms_.load(std::memory_order_relaxed));
    column.Set(Column::kWanted);
  }
  return ref;
}

// A target that sleeps and may have the series: the one that was asked for, or one that has some of the labels. 0 when
// there is none.
TargetId SeriesMap::SleeperFor(TargetId target, const Labels& labels) const {
  if (FindTarget(target)->asleep()) return target;
  for (const auto& [names, count] : sleepers_by_names_) {
    std::vector<LabelView> some;
    for (const Symbol name : names) {
      const std::string_view text = symbols_.Text(name);
      if (labels.Has(text)) some.push_back({text, labels.Get(text)});
    }
    if (some.size() != names.size()) continue;
    const Labels wanted = Labels::FromPairs(std::move(some));
    const TargetId found = target_sets_.Find(wanted, storage::FingerprintOf(wanted));
    const Target* const owner = found == 0 ? nullptr : FindTarget(found);
    if (owner != nullptr && owner->asleep()) return found;
  }
  return 0;
}

// The same labels may have been split another way before: the first split stays.
std::uint64_t SeriesMap::FindLocked(TargetId target, LineId line, const Labels& labels,
                                    const Fingerprint& fingerprint) const {
  return table_.Find(fingerprint, [&](std::uint64_t value) {
    const auto ref = static_cast<SeriesRef>(value);
    const LineId known = FindTarget(TargetOf(ref))->columns()[ColumnOf(ref)].line;
    if (TargetOf(ref) == target && line != 0 && known == line) return true;
    return LabelsOf(TargetOf(ref), known, nullptr) == labels;
  });
}

std::uint32_t SeriesMap::AddColumn(Target& target, LineId line) {
  assert(!target.asleep());
  if (line != 0) TakeUp(line);
  return static_cast<std::uint32_t>(target.columns().Grow([&](Column& column) { column.line = line; }));
}

Fingerprint SeriesMap::FingerprintOfRef(std::uint64_t value) const {
  const auto ref = static_cast<SeriesRef>(value);
  const LineId line = FindTarget(TargetOf(ref))->columns()[ColumnOf(ref)].line;
  return target_sets_[TargetOf(ref)].fingerprint + line_sets_[line].fingerprint;
}

void SeriesMap::Name(TargetId target, std::uint32_t column) {
  const auto value = static_cast<std::uint64_t>(MakeRef(target, column));
  table_.Insert(FingerprintOfRef(value), value, [this](std::uint64_t moved) { return FingerprintOfRef(moved); });
}

void SeriesMap::Index(TargetId id, std::uint32_t column) {
  const LineId line = target(id).columns()[column].line;
  series_.fetch_add(1, std::memory_order_relaxed);
  if (target_sets_[id].indexed++ == 0) target_index_.Add(id, target_sets_[id].pairs());
  if (line_sets_[line].indexed++ == 0) line_index_.Add(line, line_sets_[line].pairs());
}

void SeriesMap::Remove(TargetId id, std::uint32_t column) { RemoveAll(id, std::span(&column, 1)); }

void SeriesMap::RemoveAll(TargetId id, std::span<const std::uint32_t> columns) {
  const std::unique_lock lock(mu_);
  Target& owner = target(id);
  IdSet lines;
  for (const std::uint32_t column : columns) {
    Column& state = owner.columns()[column];
    if (state.Is(Column::kRemoved)) continue;
    state.Set(Column::kRemoved);
    ++owner.removed;
    series_.fetch_sub(1, std::memory_order_relaxed);
    if (--target_sets_[id].indexed == 0) target_index_.Remove(id, target_sets_[id].pairs());
    if (--line_sets_[state.line].indexed == 0) lines.push_back(state.line);
  }
  std::sort(lines.begin(), lines.end());
  line_index_.RemoveAll(lines, [&](LineId line) { return line_sets_[line].pairs(); });
}

void SeriesMap::Revive(TargetId id, std::uint32_t column) {
  const std::unique_lock lock(mu_);
  Target& owner = target(id);
  Column& state = owner.columns()[column];
  if (!state.Is(Column::kRemoved) || state.line == 0) return;
  state.Reset(Column::kRemoved);
  state.Reset(Column::kFading);
  --owner.removed;
  Index(id, column);
}

void SeriesMap::AddHole(Target& target, TimestampMs from, TimestampMs to, std::span<const std::uint32_t> columns) {
  constexpr std::size_t kMaxHoles = 64;  // Each query with a time range looks at all of a target's.
  // Only up to the newest sample of each: those that come later are nothing that was late.
  std::map<TimestampMs, std::vector<std::uint32_t>> by_end;
  for (const std::uint32_t column : columns) {
    const TimestampMs end = std::min(to, target.columns()[column].last_t.load());
    if (from <= end) by_end[end].push_back(column);
  }
  const std::unique_lock lock(mu_);
  for (auto& [end, some] : by_end) target.holes.push_back({from, end, std::move(some)});
  if (target.holes.size() <= kMaxHoles) return;
  target.holes.erase(target.holes.begin(), target.holes.end() - static_cast<std::ptrdiff_t>(kMaxHoles));
}

void SeriesMap::CloseHoles(Target& target, std::uint32_t column, TimestampMs t) {
  const auto holds = [&](const Hole& hole) {
    return hole.from <= t && t <= hole.to && std::binary_search(hole.columns.begin(), hole.columns.end(), column);
  };
  if (std::none_of(target.holes.begin(), target.holes.end(), holds)) return;
  const std::unique_lock lock(mu_);
  for (Hole& hole : target.holes) {
    if (holds(hole)) std::erase(hole.columns, column);
  }
  std::erase_if(target.holes, [](const Hole& hole) { return hole.columns.empty(); });
}

void SeriesMap::SetPersisted(Column& column) {
  if (column.Is(Column::kPersisted)) return;
  column.Set(Column::kPersisted);
  LabelSet& line = line_sets_[column.line];
  line.stored.fetch_add(1, std::memory_order_relaxed);
  line.persisted.store(true);
}

void SeriesMap::ResetPersisted(Column& column) {
  if (!column.Is(Column::kPersisted)) return;
  column.Reset(Column::kPersisted);
  line_sets_[column.line].stored.fetch_sub(1, std::memory_order_relaxed);
}

Column* SeriesMap::Find(TargetId id, std::uint32_t column) const {
  const Target* const owner = FindTarget(id);
  if (owner == nullptr) return nullptr;
  const auto& columns = owner->columns();
  return column < columns.size() ? &columns[column] : nullptr;
}

Labels SeriesMap::LabelsOf(TargetId target, LineId line, const std::vector<Symbol>* only) const {
  return LabelSets::Join(symbols_, target_sets_[target].pairs(), line_sets_[line].pairs(), only);
}

std::optional<Labels> SeriesMap::LabelsOf(SeriesRef ref) const {
  const auto pin = Pin();
  for (;;) {
    {
      const std::shared_lock lock(mu_);
      const Target* const owner = FindTarget(TargetOf(ref));
      if (owner == nullptr) return std::nullopt;
      if (!owner->asleep()) {
        const Column* const column = Find(TargetOf(ref), ColumnOf(ref));
        if (column == nullptr || column->line == 0) return std::nullopt;
        return LabelsOf(TargetOf(ref), column->line, nullptr);
      }
    }
    if (!Wake(TargetOf(ref))) return std::nullopt;
  }
}

std::vector<Symbol> SeriesMap::SymbolsOf(std::span<const std::string> names) const {
  const std::shared_lock lock(mu_);
  std::vector<Symbol> symbols;
  for (const std::string& name : names) {
    Symbol symbol = 0;
    if (symbols_.Find(name, &symbol)) symbols.push_back(symbol);
  }
  return symbols;
}

bool SeriesMap::RestoreTarget(TargetId id, const Labels& labels) {
  const std::unique_lock lock(mu_);
  if (id > kMaxTarget) return false;
  target_sets_.Restore(id, labels);
  while (targets_.size() < id) targets_.Grow([](std::atomic<Target*>&) {});  // Forgotten in an earlier life.
  GrowTargets();
  return true;
}

bool SeriesMap::RestoreLine(LineId id, const Labels& labels) {
  const std::unique_lock lock(mu_);
  if (id > kMaxLine) return false;
  line_sets_.Restore(id, labels);
  return true;
}

bool SeriesMap::RestoreColumns(TargetId id, std::uint32_t first, std::span<const LineId> lines) {
  const std::unique_lock lock(mu_);
  if (id == 0 || !target_sets_.IsLoaded(id) || !target_sets_[id].persisted.load()) return false;
  Target& owner = target(id);
  constexpr std::uint32_t kMaxGap = 1u << 24;  // Against damaged ids: no batch makes so many columns.
  if (first > owner.columns().size() + kMaxGap) return false;
  for (std::uint32_t i = 0; i < lines.size(); ++i) {
    if (!RestoreColumn(owner, first + i, lines[i])) return false;
  }
  return true;
}

bool SeriesMap::RestoreColumn(Target& owner, std::uint32_t column, LineId line) {
  if (line != 0 && (!line_sets_.IsLoaded(line) || !line_sets_[line].persisted.load())) return false;
  while (owner.columns().size() <= column) owner.columns()[AddColumn(owner, 0)].Set(Column::kRemoved);
  Column& state = owner.columns()[column];
  if (state.line == 0 && line != 0) {
    state.line = line;
    TakeUp(line);
  }
  if (line == 0 || state.line != line) return line == 0;
  if (state.Is(Column::kPersisted)) return true;
  SetPersisted(state);
  state.Reset(Column::kRemoved);
  Index(owner.id(), column);
  return true;
}

void SeriesMap::NameRestored() {
  const std::unique_lock lock(mu_);
  table_.Reserve(series(), [this](std::uint64_t value) { return FingerprintOfRef(value); });
  for (TargetId id = 1; id < target_end(); ++id) {
    const Target* const owner = FindTarget(id);
    if (owner == nullptr) continue;
    owner->columns().ForEach([&](std::size_t column, const Column& state) {
      if (state.Is(Column::kPersisted)) Name(id, static_cast<std::uint32_t>(column));
    });
  }
}

std::size_t SeriesMap::symbol_bytes() const {
  const std::shared_lock lock(mu_);
  return symbols_.bytes();
}

std::size_t SeriesMap::lines() const {
  const std::shared_lock lock(mu_);
  return line_index_.all().size();
}

void SeriesMap::ForEachPair(const std::function<void(std::string_view, std::string_view, std::size_t)>& fn) const {
  const std::shared_lock lock(mu_);
  std::unordered_map<std::uint64_t, std::size_t> counts;
  const auto count = [&](const LabelIndex& index, const LabelSets& sets) {
    for (const std::uint32_t id : index.all()) {
      const LabelSet& set = sets[id];
      if (set.indexed == 0) continue;  // A target that sleeps.
      for (const LabelPair& pair : set.pairs()) counts[std::uint64_t{pair.name} << 32 | pair.value] += set.indexed;
    }
  };
  count(target_index_, target_sets_);
  count(line_index_, line_sets_);
  for (const auto& [pair, series] : counts) {
    fn(symbols_.Text(static_cast<Symbol>(pair >> 32)), symbols_.Text(static_cast<Symbol>(pair)), series);
  }
}

std::vector<LineId> SeriesMap::TakeUnusedLines() {
  const std::unique_lock lock(mu_);
  std::vector<LineId> unused;
  for (LineId id = 1; id < line_sets_.end(); ++id) {
    if (!line_sets_.IsLoaded(id)) continue;
    LabelSet& set = line_sets_[id];
    if (!set.persisted.load() || set.indexed > 0 || set.stored.load() > 0) continue;
    set.persisted.store(false);
    LetGo(id);
    unused.push_back(id);
  }
  return unused;
}

}  // namespace vigia::storage
