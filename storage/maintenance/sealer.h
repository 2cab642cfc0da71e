// Moves rows from the head to rest: packs them into row groups and forgets them in memory and in the log.
#pragma once

#include <cstddef>
#include <functional>
#include <vector>

#include "storage/head/series_map.h"
#include "storage/maintenance/run_store.h"
#include "storage/wal/log.h"

namespace vigia::storage {

struct SealPolicy {
  std::size_t rows = 64;               // A target with so many rows is due, unless they have few of its columns each,
  DurationMs age_ms = 20 * 60 * 1000;  // or one whose oldest row was written so long ago.
  std::size_t run_bytes = 32u << 20;   // Row groups per run, about; bounds the memory of sealing.
};

// One thread at a time (maintenance).
class Sealer {
 public:
  Sealer(SeriesMap& series, RunStore& runs, Log& log, SealPolicy policy)
      : series_(series), runs_(runs), log_(log), policy_(policy) {}

  enum class Scope { kDue, kOldLog, kAll };
  // Seals the targets that are due; those with rows in the old generation of the log; or all. Returns how many.
  Result<std::size_t> Seal(Scope scope, TimestampMs now_ms);
  // Truncates the log when none of its old rows is in the head alone.
  Status TruncateLog();

 private:
  struct Frozen {
    Target* target;
    std::size_t tiles;
  };
  std::pair<std::size_t, DurationMs> DueAt(const Target& target) const;
  bool IsDue(Target& target, Scope scope, TimestampMs now_ms);
  Status Add(Target& target, GroupBuilder& builder, std::vector<Frozen>& frozen);
  Status Finish(GroupBuilder& builder, std::vector<Frozen>& frozen);

  SeriesMap& series_;
  RunStore& runs_;
  Log& log_;
  const SealPolicy policy_;
};

}  // namespace vigia::storage
