// What was deleted on request and may still be on the disk. Format: storage/FORMAT.md, "Tombstones".
#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "storage/kv/store.h"
#include "storage/maintenance/quarantine.h"
#include "storage/rowgroup/hidden.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

struct TombstoneTarget {
  std::uint32_t target = 0;
  std::uint64_t seq = 0;  // Frames of the log up to this one were written before the delete.
  ColumnRanges columns;
};

// Hides what these columns had within the interval when the delete was asked for, and nothing that is written later.
struct Tombstone {
  std::uint64_t id = 0;
  std::uint64_t next_run = 0;  // Runs with smaller ids were written before the delete.
  TimestampMs created_ms = 0;
  TimeInterval interval;
  std::vector<TombstoneTarget> targets;  // Ascending.

  const TombstoneTarget* Find(std::uint32_t target) const;
  // Whether the run may hold a sample that is hidden.
  bool Concerns(const Run& run) const;
  std::uint64_t max_seq() const;
};
std::string EncodeTombstone(const Tombstone& tombstone);
// kCorruption when key or value are damaged, kInvalid when a newer version wrote them.
Result<Tombstone> DecodeTombstone(std::string_view key, std::string_view value);
std::string TombstoneKey(std::uint64_t id);

// Immutable once shared.
struct TombstoneSet {
  std::vector<std::shared_ptr<const Tombstone>> all;

  // Of one target in one run. Refers to this set.
  HiddenSamples HiddenIn(const Run& run, std::uint32_t target) const;
  // Of a sample in the log.
  bool IsDeleted(std::uint32_t target, std::uint32_t column, TimestampMs t, std::uint64_t seq) const;
};

// Changed by one thread at a time (maintenance). Current() from any thread with `visibility` held, shared is enough.
class TombstoneStore {
 public:
  static constexpr std::size_t kMaxTombstones = 4096;  // Each read looks at all of them.

  TombstoneStore(Store& store, std::shared_mutex& visibility, Quarantine& quarantine)
      : store_(store), visibility_(visibility), quarantine_(quarantine) {}

  // A damaged record goes to the quarantine: what it hid is seen again.
  Status Load();
  std::shared_ptr<const TombstoneSet> Current() const { return set_; }

  // Gives the tombstones their ids and makes them durable, all or none. kLimit when there are too many.
  Status Record(std::vector<Tombstone>& added);
  // Shows the same to readers. REQUIRES: `visibility` held exclusively.
  void Show(std::vector<Tombstone> added);
  // Forgets those whose samples are gone, from the runs and from the log, whose oldest frame is `oldest_seq`. Returns
  // how many.
  Result<std::size_t> DropSpent(const RunSet& runs, std::uint64_t oldest_seq);

 private:
  Store& store_;
  std::shared_mutex& visibility_;
  Quarantine& quarantine_;
  std::shared_ptr<const TombstoneSet> set_ = std::make_shared<TombstoneSet>();  // Replaced with visibility_ exclusive.
  std::uint64_t next_id_ = 1;
};

}  // namespace vigia::storage
