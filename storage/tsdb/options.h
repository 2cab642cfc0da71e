// How a data folder is opened.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "storage/maintenance/downsampling.h"
#include "storage/maintenance/policies.h"
#include "storage/maintenance/retention.h"
#include "storage/maintenance/rewriter.h"
#include "storage/maintenance/sealer.h"
#include "storage/model/clock.h"
#include "storage/model/timestamp.h"
#include "storage/tsdb/free_space.h"
#include "storage/tsdb/log_sink.h"

namespace vigia::storage {

enum class Durability {
  kEverySecond,  // A power cut costs at most the last second; a killed process costs nothing.
  kEveryBatch,   // Commit() returns when the batch is on the disk.
  kNever,        // The operating system decides when.
};

struct TsdbOptions {
  std::string path;                                 // The data folder; created when it is not there.
  DurationMs retention_time_ms = 0;                 // 0: no limit.
  std::uint64_t retention_size_bytes = 0;           // 0: no limit.
  std::vector<RetentionPolicy> retention_policies;  // See Tsdb::SetRetention().
  std::vector<DownsamplingRule> downsampling;       // See Tsdb::SetDownsampling().
  DurationMs out_of_order_window_ms = 0;            // 0: out-of-order samples are refused.
  std::size_t max_exemplars = 0;                    // Of all series together; 0: none are kept.
  Clock clock = SystemClock();
  Durability durability = Durability::kEverySecond;
  bool no_lockfile = false;
  std::size_t block_cache_bytes = 64u << 20;
  // With fewer free bytes on the disk Commit() fails with kUnavailable until there are more again; reads go on.
  // nullopt: 256 MiB, but no more than 5 % of the disk. 0: writes go on until the disk is full.
  std::optional<std::uint64_t> min_free_bytes;
  DiskSpaceSource disk_space = MeasureDiskSpace;
  // Memory for unsealed rows beyond which they are sealed before they are due; beyond twice of it Commit() waits.
  // Counts as 512 bytes per series where that is more: twice to four times of what rows need until they are due.
  std::size_t head_bytes = 256u << 20;
  // Series that nobody wrote or asked for during this time leave memory, a whole target at once, and come back when
  // somebody does.
  DurationMs sleep_after_ms = 30 * 60 * 1000;
  LogSink log;

  bool background = true;        // False: nothing happens by itself, the owner calls Tsdb::RunMaintenance().
  bool seal_on_close = true;     // A clean stop leaves nothing to replay.
  bool leave_exemplars = false;  // They are neither read nor changed, and none are kept: for tools.
  // For looking only: no byte of the folder changes, nothing can be committed, and exemplars are not read. Damage is
  // told to `log` and left out of what readers see. Goes with background = false.
  bool read_only = false;
  bool in_memory = false;  // No file is touched, `path` is only a name: for what is built upon storage.
  SealPolicy seal;
  RewritePolicy rewrite;
};

}  // namespace vigia::storage
