#include "storage/head/series_map.h"

#include <algorithm>
#include <cassert>
#include <mutex>

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

template <class Id>
std::uint32_t& At(std::vector<std::uint32_t>& uses, Id id) {
  if (uses.size() <= id) uses.resize(std::size_t{id} + 1);
  return uses[id];
}

}  // namespace

SeriesMap::SeriesMap() : target_sets_(symbols_), line_sets_(symbols_), target_index_(symbols_), line_index_(symbols_) {
  targets_.Grow([](std::unique_ptr<Target>&) {});
}

Target& SeriesMap::GrowTargets() {
  const auto id = static_cast<TargetId>(targets_.size());
  targets_.Grow([&](std::unique_ptr<Target>& target) { target = std::make_unique<Target>(id, head_bytes_); });
  return *targets_[id];
}

TargetId SeriesMap::InternTarget(const Labels& labels) {
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
  std::vector<LabelView> common;
  std::vector<LabelView> rest;
  Split(labels, shared, common, rest);
  TargetId target = shared_target;
  if (common.size() != shared.size()) target = InternTarget(Labels::FromPairs(std::move(common)));
  const Labels line_labels = Labels::FromPairs(std::move(rest));
  const Fingerprint line_fingerprint = storage::FingerprintOf(line_labels);
  const Fingerprint fingerprint = target_sets_[target].fingerprint + line_fingerprint;
  {
    const std::shared_lock lock(mu_);
    const LineId line = line_sets_.Find(line_labels, line_fingerprint);
    if (const std::uint64_t ref = FindLocked(target, line, labels, fingerprint); ref != 0) {
      return static_cast<SeriesRef>(ref);
    }
  }
  const std::unique_lock lock(mu_);
  const LineId line = line_sets_.Intern(line_labels);
  if (const std::uint64_t ref = FindLocked(target, line, labels, fingerprint); ref != 0) {
    return static_cast<SeriesRef>(ref);
  }
  Target& owner = *targets_[target];
  if (owner.columns().size() >= UINT32_MAX / 2) return Error{Errc::kLimit, "too many series of one target"};
  const std::uint32_t column = AddColumn(owner, line);
  Name(target, column);
  Index(target, column);
  *created = true;
  return MakeRef(target, column);
}

// The same labels may have been split another way before: the first split stays.
std::uint64_t SeriesMap::FindLocked(TargetId target, LineId line, const Labels& labels,
                                    const Fingerprint& fingerprint) const {
  return table_.Find(fingerprint, [&](std::uint64_t value) {
    const auto ref = static_cast<SeriesRef>(value);
    if (TargetOf(ref) == target && line != 0 && targets_[target]->columns()[ColumnOf(ref)].line == line) return true;
    return LabelsOf(TargetOf(ref), ColumnOf(ref)) == labels;
  });
}

std::uint32_t SeriesMap::AddColumn(Target& target, LineId line) {
  return static_cast<std::uint32_t>(target.columns().Grow([&](Column& column) { column.line = line; }));
}

Fingerprint SeriesMap::FingerprintOfRef(std::uint64_t value) const {
  const auto ref = static_cast<SeriesRef>(value);
  const LineId line = targets_[TargetOf(ref)]->columns()[ColumnOf(ref)].line;
  return target_sets_[TargetOf(ref)].fingerprint + line_sets_[line].fingerprint;
}

void SeriesMap::Name(TargetId target, std::uint32_t column) {
  const auto value = static_cast<std::uint64_t>(MakeRef(target, column));
  table_.Insert(FingerprintOfRef(value), value, [this](std::uint64_t moved) { return FingerprintOfRef(moved); });
}

void SeriesMap::Index(TargetId target, std::uint32_t column) {
  const LineId line = targets_[target]->columns()[column].line;
  series_.fetch_add(1, std::memory_order_relaxed);
  if (At(target_uses_, target)++ == 0) target_index_.Add(target, target_sets_[target].pairs);
  if (At(line_uses_, line)++ == 0) line_index_.Add(line, line_sets_[line].pairs);
}

void SeriesMap::Remove(TargetId target, std::uint32_t column) {
  const std::unique_lock lock(mu_);
  Column& state = targets_[target]->columns()[column];
  if (state.Is(Column::kRemoved)) return;
  state.Set(Column::kRemoved);
  series_.fetch_sub(1, std::memory_order_relaxed);
  if (--At(target_uses_, target) == 0) target_index_.Remove(target, target_sets_[target].pairs);
  if (--At(line_uses_, state.line) == 0) line_index_.Remove(state.line, line_sets_[state.line].pairs);
}

void SeriesMap::RemoveAll(TargetId target, std::span<const std::uint32_t> columns) {
  const std::unique_lock lock(mu_);
  IdSet lines;
  for (const std::uint32_t column : columns) {
    Column& state = targets_[target]->columns()[column];
    if (state.Is(Column::kRemoved)) continue;
    state.Set(Column::kRemoved);
    series_.fetch_sub(1, std::memory_order_relaxed);
    if (--At(target_uses_, target) == 0) target_index_.Remove(target, target_sets_[target].pairs);
    if (--At(line_uses_, state.line) == 0) lines.push_back(state.line);
  }
  std::sort(lines.begin(), lines.end());
  line_index_.RemoveAll(lines, [&](LineId line) { return line_sets_[line].pairs; });
}

void SeriesMap::Revive(TargetId target, std::uint32_t column) {
  const std::unique_lock lock(mu_);
  Column& state = targets_[target]->columns()[column];
  if (!state.Is(Column::kRemoved)) return;
  state.Reset(Column::kRemoved);
  Index(target, column);
}

Column* SeriesMap::Find(TargetId target, std::uint32_t column) const {
  if (target == 0 || target >= targets_.size()) return nullptr;
  const auto& columns = targets_[target]->columns();
  return column < columns.size() ? &columns[column] : nullptr;
}

Labels SeriesMap::LabelsOf(TargetId target, std::uint32_t column, const std::vector<Symbol>* only) const {
  const LineId line = targets_[target]->columns()[column].line;
  return LabelSets::Join(symbols_, target_sets_[target].pairs, line_sets_[line].pairs, only);
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

void SeriesMap::RestoreTarget(TargetId id, const Labels& labels) {
  const std::unique_lock lock(mu_);
  target_sets_.Restore(id, labels);
  while (targets_.size() <= id) GrowTargets();
}

void SeriesMap::RestoreLine(LineId id, const Labels& labels) {
  const std::unique_lock lock(mu_);
  line_sets_.Restore(id, labels);
}

bool SeriesMap::RestoreColumn(TargetId target, std::uint32_t column, LineId line) {
  const std::unique_lock lock(mu_);
  if (target == 0 || target >= targets_.size() || !target_sets_[target].persisted.load()) return false;
  if (line >= line_sets_.end() || (line != 0 && !line_sets_[line].persisted.load())) return false;
  Target& owner = *targets_[target];
  constexpr std::uint32_t kMaxGap = 1u << 24;  // Against damaged ids: no batch makes so many columns.
  if (column > owner.columns().size() + kMaxGap) return false;
  while (owner.columns().size() <= column) owner.columns()[AddColumn(owner, 0)].Set(Column::kRemoved);
  Column& state = owner.columns()[column];
  if (state.line == 0) state.line = line;
  if (line == 0 || state.line != line) return line == 0;
  if (state.Is(Column::kPersisted)) return true;
  state.Set(Column::kPersisted);
  state.Reset(Column::kRemoved);
  Name(target, column);
  Index(target, column);
  return true;
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
  const auto count = [&](const LabelIndex& index, const LabelSets& sets, const std::vector<std::uint32_t>& uses) {
    for (const std::uint32_t id : index.all()) {
      for (const LabelPair& pair : sets[id].pairs) counts[std::uint64_t{pair.name} << 32 | pair.value] += uses[id];
    }
  };
  count(target_index_, target_sets_, target_uses_);
  count(line_index_, line_sets_, line_uses_);
  for (const auto& [pair, series] : counts) {
    fn(symbols_.Text(static_cast<Symbol>(pair >> 32)), symbols_.Text(static_cast<Symbol>(pair)), series);
  }
}

std::vector<LineId> SeriesMap::TakeUnusedLines() {
  const std::unique_lock lock(mu_);
  std::vector<LineId> unused;
  for (LineId id = 1; id < line_sets_.end(); ++id) {
    if (!line_sets_[id].persisted.load() || (id < line_uses_.size() && line_uses_[id] > 0)) continue;
    line_sets_[id].persisted.store(false);
    unused.push_back(id);
  }
  return unused;
}

}  // namespace vigia::storage
