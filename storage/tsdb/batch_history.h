// What a batch that is being collected holds of each series.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "storage/head/committer.h"

namespace vigia::storage {

// Which series of a batch were seen before. Nearly always each series comes once and in order of columns of one target:
// that costs one bit per series. The rest goes through a flat table, whose last hit is looked at first: samples of one
// series often follow each other.
class BatchHistory {
 public:
  // Forgets all samples; the batch is one of `target` now. Keeps the memory.
  void Begin(TargetId target) {
    target_ = target;
    std::fill(seen_.begin(), seen_.end(), 0);
    if (!entries_.empty()) std::fill(slots_.begin(), slots_.end(), 0);
    entries_.clear();
    last_ = 0;
    entered_ = false;
  }

  // The newest sample of the series in this batch, or null. For a series that IsMarked() it is known only after the
  // batch was entered.
  const NewestSample* Find(SeriesRef ref) {
    if (!entered_ && TargetOf(ref) == target_) return nullptr;
    const std::uint32_t at = Position(ref);
    return at == kNone ? nullptr : &entries_[at].newest;
  }
  // True for a series of the batch's target that had no sample before: no table is looked into.
  bool IsFirst(SeriesRef ref) const { return !entered_ && TargetOf(ref) == target_ && !HasSeen(ColumnOf(ref)); }
  // A sample was added. REQUIRES: IsFirst(ref).
  void MarkFirst(SeriesRef ref) {
    const std::uint32_t column = ColumnOf(ref);
    if (column / 64 >= seen_.size()) seen_.resize(column / 64 + 1);
    seen_[column / 64] |= std::uint64_t{1} << (column % 64);
  }
  // True for a series of the batch's target that had a sample before, which the table does not know.
  bool IsMarked(SeriesRef ref) const { return !entered_ && TargetOf(ref) == target_ && HasSeen(ColumnOf(ref)); }
  // A series comes twice: from here on the table has them all. REQUIRES: each sample so far is passed to Remember().
  void StartEntering() { entered_ = true; }
  void Remember(SeriesRef ref, const NewestSample& sample) {
    const std::uint32_t at = Position(ref);
    if (at != kNone) {
      if (sample.t > entries_[at].newest.t) entries_[at].newest = sample;
      return;
    }
    if ((entries_.size() + 1) * 2 > slots_.size()) Grow();
    last_ = static_cast<std::uint32_t>(entries_.size());
    entries_.push_back({ref, sample});
    slots_[FreeSlot(ref)] = last_ + 1;
  }
  std::size_t bytes() const {
    return seen_.capacity() * sizeof(seen_[0]) + entries_.capacity() * sizeof(entries_[0]) +
           slots_.capacity() * sizeof(slots_[0]);
  }

 private:
  struct Entry {
    SeriesRef ref;
    NewestSample newest;
  };
  static constexpr std::uint32_t kNone = UINT32_MAX;

  bool HasSeen(std::uint32_t column) const {
    return column / 64 < seen_.size() && (seen_[column / 64] >> (column % 64) & 1) != 0;
  }
  std::size_t FirstSlot(SeriesRef ref) const {
    return (static_cast<std::uint64_t>(ref) * 0x9e37'79b9'7f4a'7c15) >> 32 & (slots_.size() - 1);
  }
  std::size_t FreeSlot(SeriesRef ref) const {
    std::size_t slot = FirstSlot(ref);
    while (slots_[slot] != 0) slot = (slot + 1) & (slots_.size() - 1);
    return slot;
  }
  std::uint32_t Position(SeriesRef ref) {
    if (entries_.empty()) return kNone;
    if (entries_[last_].ref == ref) return last_;
    for (std::size_t slot = FirstSlot(ref); slots_[slot] != 0; slot = (slot + 1) & (slots_.size() - 1)) {
      if (entries_[slots_[slot] - 1].ref == ref) return last_ = slots_[slot] - 1;
    }
    return kNone;
  }
  void Grow() {
    slots_.assign(std::max<std::size_t>(64, slots_.size() * 4), 0);
    for (std::uint32_t i = 0; i < entries_.size(); ++i) slots_[FreeSlot(entries_[i].ref)] = i + 1;
  }

  TargetId target_ = 0;
  bool entered_ = false;
  std::vector<std::uint64_t> seen_;
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> slots_;  // Open addressing, a power of two; position in entries_ + 1, 0 is free.
  std::uint32_t last_ = 0;
};

}  // namespace vigia::storage
