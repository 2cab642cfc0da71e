// How a data folder is opened.
#pragma once

#include <cstdint>
#include <string>

#include "storage/maintenance/retention.h"
#include "storage/maintenance/rewriter.h"
#include "storage/maintenance/sealer.h"
#include "storage/model/clock.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

enum class Durability {
  kEverySecond,  // A power cut costs at most the last second; a killed process costs nothing.
  kEveryBatch,   // Commit() returns when the batch is on the disk.
  kNever,        // The operating system decides when.
};

struct TsdbOptions {
  std::string path;                        // The data folder; created when it is not there.
  DurationMs retention_time_ms = 0;        // 0: no limit.
  std::uint64_t retention_size_bytes = 0;  // 0: no limit.
  DurationMs out_of_order_window_ms = 0;   // 0: out-of-order samples are refused.
  Clock clock = SystemClock();
  Durability durability = Durability::kEverySecond;
  bool no_lockfile = false;
  std::size_t block_cache_bytes = 64u << 20;

  bool background = true;     // False: nothing happens by itself, the owner calls Tsdb::RunMaintenance().
  bool seal_on_close = true;  // A clean stop leaves nothing to replay.
  bool in_memory = false;     // No file is touched, `path` is only a name: for what is built upon storage.
  SealPolicy seal;
  RewritePolicy rewrite;
};

}  // namespace vigia::storage
