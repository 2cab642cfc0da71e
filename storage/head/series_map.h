// Who is who: labels → series → labels, and matchers → series. See storage/README.md, "Identity" and "Index".
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "storage/catalog/label_sets.h"
#include "storage/catalog/series_table.h"
#include "storage/catalog/symbols.h"
#include "storage/head/target.h"
#include "storage/index/label_index.h"
#include "storage/model/error.h"
#include "storage/model/matcher.h"
#include "storage/sync/pins.h"

namespace vigia::storage {

// Matching columns of one target.
struct TargetHits {
  Target* target = nullptr;
  std::vector<std::uint32_t> columns;  // Ascending.
  std::vector<LineId> lines;           // Theirs.
};

// What the catalog and the runs know of one column.
struct StoredColumn {
  LineId line = 0;  // 0: it is gone.
  TimestampMs first_t = kNoTime;
  TimestampMs last_t = kNoTime;
};

// Thread-safe. Targets, columns and labels that are forgotten stay readable for those who took a Pin() before; what is
// looked at without a pin must be kept from being forgotten otherwise: by a target's write lock, or by being the thread
// of maintenance, which alone forgets. Numbers of targets and columns are never used again.
class SeriesMap {
 public:
  SeriesMap();
  ~SeriesMap();

  // Brings the columns of a target back that sleeps; without its write lock. Called by all of the following that say
  // that they wake. REQUIRES: set once, before anything is put to sleep.
  using Waker = std::function<Status(TargetId)>;
  void SetWaker(Waker waker) { waker_ = std::move(waker); }
  Status Wake(TargetId id) const { return waker_ ? waker_(id) : Status(); }
  Pins::Pin Pin() const { return pins_.Take(); }

  TargetId InternTarget(const Labels& labels);
  // The series with these labels, known or new. `shared` is what most series of the batch carry and `shared_target` its
  // InternTarget(); labels that are not in it unchanged go to the line. `created` tells whether the series is new.
  // Wakes targets that may have the series. REQUIRES: a pin that is kept until samples of the series are committed.
  Result<SeriesRef> Resolve(const Labels& labels, const Labels& shared, TargetId shared_target, bool* created);

  Target& target(TargetId id) const { return *targets_[id].load(std::memory_order_acquire); }
  // nullptr when there was never such a target, or when it is forgotten.
  Target* FindTarget(TargetId id) const {
    return id < target_end() ? targets_[id].load(std::memory_order_acquire) : nullptr;
  }
  TargetId target_end() const { return static_cast<TargetId>(targets_.size()); }  // One past the last id.
  std::size_t targets() const { return alive_.load(std::memory_order_relaxed); }
  // nullptr when there is no such target or column, or when the target sleeps.
  Column* Find(TargetId target, std::uint32_t column) const;
  // All labels, or those with names in `only`.
  Labels LabelsOf(TargetId target, LineId line, const std::vector<Symbol>* only) const;
  // nullopt when the ref names no series any more. Wakes; also nullopt when that fails.
  std::optional<Labels> LabelsOf(SeriesRef ref) const;
  // The symbols of those of the names that any label has.
  std::vector<Symbol> SymbolsOf(std::span<const std::string> names) const;
  LabelSet& target_set(TargetId id) const { return target_sets_[id]; }
  LabelSet& line_set(LineId id) const { return line_sets_[id]; }
  Labels TargetLabels(TargetId id) const { return target_sets_.ToLabels(id); }
  Labels LineLabels(LineId id) const { return line_sets_.ToLabels(id); }

  // Columns whose labels satisfy all matchers and whose samples may lie in from..to, at most `limit` of them (0 = all).
  // kLimit when there are more matchers than can be handled. `visit` is called for each target before its columns are
  // looked at, while no series can be added: a snapshot taken there holds no sample of a series that the result misses.
  // Targets that sleep and may have such series are left out and put into `asleep`, if that is given: to be woken, and
  // to ask again.
  using Visit = std::function<void(Target&)>;
  Result<std::vector<TargetHits>> Select(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to,
                                         std::uint64_t limit, const Visit& visit,
                                         std::vector<TargetId>* asleep = nullptr) const;
  // The same, after waking them.
  Result<std::vector<TargetHits>> SelectAwake(std::span<const Matcher> matchers, TimestampMs from,
                                              TimestampMs to) const;
  // Names, or values of `name`, among the labels of the series that Select() would give; sorted. Most series share
  // their lines with others: one of each is enough to look at. Both wake.
  Result<std::vector<std::string>> LabelNames(std::span<const Matcher> matchers, TimestampMs from,
                                              TimestampMs to) const;
  Result<std::vector<std::string>> LabelValues(const std::string& name, std::span<const Matcher> matchers,
                                               TimestampMs from, TimestampMs to) const;
  Status WakeAll(const std::vector<TargetId>& asleep) const;

  // Takes a series out of the index and brings it back. Its labels keep naming this column meanwhile: somebody may be
  // about to commit, and a label set must never have two. REQUIRES: the target's write lock.
  void Remove(TargetId target, std::uint32_t column);
  void RemoveAll(TargetId target, std::span<const std::uint32_t> columns);
  void Revive(TargetId target, std::uint32_t column);
  // Says that none of these columns has a sample within from..to; and that one of them will have one at `t`. REQUIRES:
  // the target's write lock.
  void AddHole(Target& target, TimestampMs from, TimestampMs to, std::span<const std::uint32_t> columns);
  void CloseHoles(Target& target, std::uint32_t column, TimestampMs t);
  // Whether the catalog on disk has the column. REQUIRES: the target's write lock; that it has a line.
  void SetPersisted(Column& column);
  void ResetPersisted(Column& column);

  // For reading back the catalog, in this order: targets and lines ascending, then columns, then NameRestored(). False
  // for numbers beyond those that a server ever gets to: memory keeps a place for each target below, and for 64 lines.
  static constexpr TargetId kMaxTarget = 1u << 28;
  static constexpr LineId kMaxLine = 1u << 31;
  bool RestoreTarget(TargetId id, const Labels& labels);
  bool RestoreLine(LineId id, const Labels& labels);
  // Columns of these lines; columns in between are made and count as removed. False when ids make no sense.
  bool RestoreColumns(TargetId target, std::uint32_t first, std::span<const LineId> lines);
  // Makes the restored columns be found by their labels: all at once, for a table that knows its size.
  void NameRestored();

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

  // Forgetting: what memory keeps of series that are gone or that nobody uses (storage/README.md, "Sleeping targets").
  // By maintenance alone, with the target's write lock. In two steps, because a ref that is in somebody's hands must
  // still name its series when the batch is committed: StartForgetting(), and when all pins are gone that were taken
  // before the Turn() that follows, one of the next three. They do nothing when somebody wanted the target's columns
  // meanwhile.
  void StartForgetting(Target& target);
  Pins::Passed Turn() { return pins_.Turn(); }
  // Labels of removed columns that are not in the catalog name no column any more: refs of them are unknown then.
  void ForgetNames(Target& target);
  // Takes the columns out of memory. REQUIRES: no unsealed rows, and no frame of the target is in the log: a decoder
  // must not meet what was written before and what was written after.
  bool PutToSleep(Target& target);
  // Of a target that is not in the catalog and has no series: its number names nothing any more.
  bool Forget(Target& target);
  // The same for one that sleeps, whose records are deleted: `lines` are those of its columns that IsLineLoaded().
  void ForgetSleeping(Target& target, std::span<const LineId> lines);
  bool IsLineLoaded(LineId id) const;
  // Gives the columns back. False when neither `labels` nor the map has the labels of a line: nothing is changed.
  // REQUIRES: the target's write lock, and it sleeps. Any thread.
  bool GiveBack(Target& target, std::span<const StoredColumn> columns,
                const std::unordered_map<LineId, Labels>& labels);
  // Frees what nobody can look at any more. `now_ms` is what used_ms() of targets will be.
  void FreeForgotten(TimestampMs now_ms);
  std::size_t sleeping() const { return sleeping_.load(std::memory_order_relaxed); }  // Targets.

 private:
  class Selector;  // One Select(), see selector.cc.
  class Prober;    // One LabelNames() or LabelValues(), there too.
  // Where labels are to be found: which targets and which lines series have.
  struct LabelSources {
    std::vector<bool> targets;
    std::vector<bool> lines;
  };
  // Nobody finds these any more, but somebody may still look at them.
  struct Forgotten {
    Pins::Passed passed;
    std::vector<std::unique_ptr<Target::Columns>> columns;
    std::vector<std::unique_ptr<Target>> targets;
    std::vector<TargetId> target_sets;
    std::vector<LineId> lines;  // Unless they were used again.
    std::vector<Symbol> symbols;
    bool empty() const { return columns.empty() && targets.empty() && lines.empty() && symbols.empty(); }
  };
  template <class Take, class Restart>
  Status ForLabelSources(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to, Take&& take,
                         Restart&& restart) const;
  Result<LabelSources> SelectLabels(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to) const;
  bool MayBeAsleep(TargetId id, TimestampMs from, TimestampMs to) const;
  Status LockAwake(std::span<const Matcher> matchers, TimestampMs from, TimestampMs to,
                   std::shared_lock<std::shared_mutex>& lock) const;
  Target& GrowTargets();
  std::uint32_t AddColumn(Target& target, LineId line);
  bool RestoreColumn(Target& target, std::uint32_t column, LineId line);
  std::uint64_t FindLocked(TargetId target, LineId line, const Labels& labels, const Fingerprint& fingerprint) const;
  std::optional<SeriesRef> FindKnown(TargetId target, LineId line, const Labels& labels,
                                     const Fingerprint& fingerprint) const;
  TargetId SleeperFor(TargetId target, const Labels& labels) const;
  std::vector<Symbol> NamesOf(TargetId target) const;
  bool IsLineInUse(LineId id) const;
  void LetGo(LineId id);
  void TakeUp(LineId id);
  void FreeLines(const std::vector<LineId>& lines);
  void DropName(Target& target, std::uint32_t column);
  Fingerprint FingerprintOfRef(std::uint64_t ref) const;
  void Index(TargetId target, std::uint32_t column);
  void Name(TargetId target, std::uint32_t column);

  mutable std::shared_mutex mu_;
  Symbols symbols_;
  LabelSets target_sets_;
  LabelSets line_sets_;
  LabelIndex target_index_;
  LabelIndex line_index_;
  SeriesTable table_;  // Of all named columns in memory, removed ones included.
  std::atomic<std::size_t> series_{0};
  std::atomic<std::size_t> head_bytes_{0};
  StableVector<std::atomic<Target*>> targets_;  // By id; 0 is nobody. Null: forgotten. Owned.
  std::atomic<std::size_t> alive_{0};
  std::atomic<std::size_t> sleeping_{0};
  std::atomic<TimestampMs> now_ms_{kNoTime};  // Of the last maintenance.
  // How many targets sleep whose labels have these names: their series may be looked for with other splits.
  std::map<std::vector<Symbol>, std::size_t> sleepers_by_names_;
  Forgotten fresh_;                // Guarded by mu_: since the last turn.
  std::deque<Forgotten> pending_;  // Of maintenance.
  Pins pins_;
  Waker waker_;
};

}  // namespace vigia::storage
