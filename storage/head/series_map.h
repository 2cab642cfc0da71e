// Who is who: labels → series → labels, and matchers → series. See storage/README.md, "Identity" and "Index".
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <shared_mutex>
#include <span>
#include <string>
#include <vector>

#include "storage/catalog/label_sets.h"
#include "storage/catalog/series_table.h"
#include "storage/catalog/symbols.h"
#include "storage/head/target.h"
#include "storage/index/label_index.h"
#include "storage/model/error.h"
#include "storage/model/matcher.h"

namespace vigia::storage {

// Matching columns of one target.
struct TargetHits {
  Target* target = nullptr;
  std::vector<std::uint32_t> columns;  // Ascending.
};

// Thread-safe. Targets and columns live as long as the map.
class SeriesMap {
 public:
  SeriesMap();

  TargetId InternTarget(const Labels& labels);
  // The series with these labels, known or new. `shared` is what most series of the batch carry and `shared_target` its
  // InternTarget(); labels that are not in it unchanged go to the line. `created` tells whether the series is new.
  Result<SeriesRef> Resolve(const Labels& labels, const Labels& shared, TargetId shared_target, bool* created);

  Target& target(TargetId id) const { return *targets_[id]; }
  TargetId target_end() const { return static_cast<TargetId>(targets_.size()); }  // One past the last id.
  // nullptr when there is no such target or column.
  Column* Find(TargetId target, std::uint32_t column) const;
  // All labels, or those with names in `only`.
  Labels LabelsOf(TargetId target, std::uint32_t column, const std::vector<Symbol>* only = nullptr) const;
  // The symbols of those of the names that any label has.
  std::vector<Symbol> SymbolsOf(std::span<const std::string> names) const;
  LabelSet& target_set(TargetId id) const { return target_sets_[id]; }
  LabelSet& line_set(LineId id) const { return line_sets_[id]; }
  Labels TargetLabels(TargetId id) const { return target_sets_.ToLabels(id); }
  Labels LineLabels(LineId id) const { return line_sets_.ToLabels(id); }

  // Columns whose labels satisfy all matchers and whose samples may lie in from..to, at most `limit` of them (0 = all).
  // kLimit when there are more matchers than can be handled. `visit` is called for each target before its columns are
  // looked at, while no series can be added: a snapshot taken there holds no sample of a series that the result misses.
  using Visit = std::function<void(Target&)>;
  Result<std::vector<TargetHits>> Select(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to,
                                         std::uint64_t limit, const Visit& visit) const;
  // Names, or values of `name`, among the labels of the series that Select() would give; sorted. Most series share
  // their lines with others: one of each is enough to look at.
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers, TimestampMs from,
                                              TimestampMs to) const;
  Result<std::vector<std::string>> LabelValues(const std::string& name, std::span<const Matcher> matchers,
                                               TimestampMs from, TimestampMs to) const;

  // Takes a series out of the index and brings it back. Its labels keep naming this column meanwhile: old refs may be
  // about, and a label set must never have two. REQUIRES: the target's write lock.
  void Remove(TargetId target, std::uint32_t column);
  void RemoveAll(TargetId target, std::span<const std::uint32_t> columns);
  void Revive(TargetId target, std::uint32_t column);

  // For reading back the catalog, in this order: targets and lines ascending, then columns.
  void RestoreTarget(TargetId id, const Labels& labels);
  void RestoreLine(LineId id, const Labels& labels);
  // The column of the line; columns in between are made and count as removed. False when ids make no sense.
  bool RestoreColumn(TargetId target, std::uint32_t column, LineId line);

  // In the index, i.e. without the removed ones.
  std::size_t series() const { return series_.load(std::memory_order_relaxed); }
  // Memory of the unsealed rows of all targets, about.
  std::size_t head_bytes() const { return head_bytes_.load(std::memory_order_relaxed); }
  std::size_t symbol_bytes() const;
  std::size_t lines() const;
  // Calls fn(name, value, number of series) for each label pair that a series has.
  void ForEachPair(const std::function<void(std::string_view, std::string_view, std::size_t)>& fn) const;
  // Lines of the catalog that no series uses. They count as not persisted from then on. REQUIRES: nothing is committed
  // until their records are deleted.
  std::vector<LineId> TakeUnusedLines();

 private:
  class Selector;  // One Select(), see selector.cc.
  class Prober;    // One LabelNames() or LabelValues(), there too.
  // Where labels are to be found: which targets and which lines series have.
  struct LabelSources {
    std::vector<bool> targets;
    std::vector<bool> lines;
  };
  template <class Take, class Restart>
  Status ForLabelSources(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to, Take&& take,
                         Restart&& restart) const;
  Result<LabelSources> SelectLabels(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to) const;
  Target& GrowTargets();
  std::uint32_t AddColumn(Target& target, LineId line);
  std::uint64_t FindLocked(TargetId target, LineId line, const Labels& labels, const Fingerprint& fingerprint) const;
  Fingerprint FingerprintOfRef(std::uint64_t ref) const;
  void Index(TargetId target, std::uint32_t column);
  void Name(TargetId target, std::uint32_t column);

  mutable std::shared_mutex mu_;
  Symbols symbols_;
  LabelSets target_sets_;
  LabelSets line_sets_;
  LabelIndex target_index_;
  LabelIndex line_index_;
  SeriesTable table_;  // Of all named columns, removed ones included.
  std::atomic<std::size_t> series_{0};
  std::atomic<std::size_t> head_bytes_{0};
  StableVector<std::unique_ptr<Target>> targets_;  // By id; 0 is nobody.
  std::vector<std::uint32_t> target_uses_;         // Indexed series by target, by line.
  std::vector<std::uint32_t> line_uses_;
};

}  // namespace vigia::storage
