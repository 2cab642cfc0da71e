// Targets that nobody uses: their columns leave memory, and come back from the catalog when somebody asks. Why and how:
// storage/README.md, "Sleeping targets".
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "storage/head/series_map.h"
#include "storage/maintenance/run_store.h"
#include "storage/maintenance/tombstones.h"
#include "storage/wal/log.h"

namespace vigia::storage {

struct SleeperDeps {
  Store& store;
  SeriesMap& series;
  RunStore& runs;
  const TombstoneStore& tombstones;
  Log& log;
  DurationMs sleep_after_ms = 0;           // A target that nobody used for so long sleeps.
  std::function<void()> found_empty = {};  // A series that was woken has no samples left. Any thread.
};

class Sleepers {
 public:
  explicit Sleepers(SleeperDeps deps) : deps_(std::move(deps)) {}

  // Puts to sleep what is not used, and frees what nobody can name any more. One thread at a time (maintenance).
  void Tend(TimestampMs now_ms);

  // Brings the columns back; nothing to do when the target is awake, or is none. Fails when the catalog cannot be read:
  // then it goes on sleeping. Thread-safe. The second one REQUIRES the target's write lock.
  Status Wake(TargetId id);
  Status Wake(Target& target);

 private:
  bool IsIdle(Target& target, TimestampMs now_ms) const;
  bool Tend(Target& target, TimestampMs now_ms);
  Result<std::vector<StoredColumn>> ReadColumns(TargetId id) const;
  static void AddBounds(TargetId id, const RunSet& runs, const TombstoneSet& tombstones,
                        std::vector<StoredColumn>& columns);

  const SleeperDeps deps_;
};

}  // namespace vigia::storage
