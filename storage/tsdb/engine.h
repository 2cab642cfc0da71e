// The parts of an open Tsdb and how they hang together. Private to the room.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "storage/head/committer.h"
#include "storage/maintenance/deleter.h"
#include "storage/maintenance/quarantine.h"
#include "storage/maintenance/retention.h"
#include "storage/maintenance/rewriter.h"
#include "storage/maintenance/run_store.h"
#include "storage/maintenance/sealer.h"
#include "storage/maintenance/sleepers.h"
#include "storage/maintenance/tombstones.h"
#include "storage/tsdb/appender.h"
#include "storage/tsdb/data_folder.h"
#include "storage/tsdb/exemplars.h"
#include "storage/tsdb/head_limit.h"
#include "storage/tsdb/maintenance_metrics.h"
#include "storage/tsdb/options.h"
#include "storage/tsdb/stats.h"
#include "storage/tsdb/tsdb.h"

namespace vigia::storage {

// Destroyed in reverse order: first the thread that uses the parts (see Tsdb::Close), then readers' and writers' parts,
// the database, the folder.
struct Tsdb::Impl {
  Impl(TsdbOptions opened_with, Registry& own_registry, std::unique_ptr<DataFolder> claimed,
       std::unique_ptr<Store> opened);
  ~Impl();

  // Reads the catalog and the runs, replays the log.
  Status Recover();
  void RemoveEmptySeries();
  void TellDamagedLog();
  void RegisterCallbacks();
  void StartBackground();
  void StopBackground();
  Status RunMaintenance(Maintenance extent);
  Status DeleteSeries(std::span<const Matcher> matchers, TimeInterval interval);
  Status CleanTombstones();
  Status DropTombstones();
  Status SealAndTruncate(Maintenance extent, TimestampMs now_ms);
  Status TruncateLog(bool all, TimestampMs now_ms);
  // Seals before time when the head is too large. The first one locks, the second one REQUIRES maintenance_mu.
  Status RelieveHead();
  Status RelieveHeadLocked();
  Status Admit(std::size_t samples);
  std::size_t HeadMark() const;
  void Say(LogLevel level, const std::string& text) const;
  Status ApplyRetention(TimestampMs now_ms);
  // Puts the configured policies and the general retention in force.
  Status ApplyPolicies();
  AppendLimits CurrentLimits() const;
  Result<std::optional<NewestSample>> NewestAtRest(TargetId target, std::uint32_t column);
  std::pair<TimestampMs, TimestampMs> HeadTimes() const;
  std::size_t HeadChunks() const;
  std::uint64_t DirectoryBytes() const;
  // `now_ms`, or less where the newest samples at rest are much older. No day is dropped for a clock that nobody bears
  // out: one that jumps ahead may be set right before samples of its time are at rest.
  TimestampMs Credible(TimestampMs now_ms) const;

  const TsdbOptions options;
  Registry& registry;
  const std::unique_ptr<DataFolder> folder;  // Null when in memory.
  const std::unique_ptr<Store> store;

  // Order of locks: targets' write locks by ascending id, visibility, SeriesMap's lock, a target's snapshot lock.
  mutable std::shared_mutex visibility;
  SeriesMap series;
  HeadMetrics head_metrics;
  MaintenanceMetrics metrics;
  Log log;
  Quarantine quarantine;
  RunStore runs;
  TombstoneStore tombstones;
  RetentionPolicies policies;
  DownsamplingRules downsampling;
  DownsamplingMetrics downsampling_metrics;
  Sleepers sleepers;
  Committer committer;
  Exemplars exemplars;
  ScratchPool<AppendSpace> append_space{/*most=*/4, /*most_bytes=*/1u << 20};

  std::atomic<CommitListener*> commit_listener{nullptr};
  TimeVersions time_versions;  // Of batches, deletes and retention; what maintenance moves stays what it was.

  std::atomic<DurationMs> retention_time_ms;
  std::atomic<std::uint64_t> retention_size_bytes;
  std::atomic<DurationMs> out_of_order_window_ms;

  std::mutex policies_mu;
  std::vector<RetentionPolicy> configured_policies;  // Guarded by policies_mu.

  std::mutex maintenance_mu;  // One maintenance at a time.
  Sealer sealer;              // Guarded by maintenance_mu, as are the next three.
  Rewriter rewriter;
  Deleter deleter;
  Retention retention;
  TimestampMs rotated_ms = 0;

  std::unique_ptr<FreeSpaceGuard> free_space;  // Null when in memory.
  HeadLimit head_limit;

  std::mutex stop_mu;
  std::condition_variable stop_cv;
  bool stopping = false;  // Guarded by stop_mu, as is the next one.
  bool seal_wanted = false;
  std::thread background;
  std::thread syncing;
  bool closed = false;
};

}  // namespace vigia::storage
