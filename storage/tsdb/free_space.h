// Stops writes before the disk is full: what is left is for bringing the head to rest and for a clean stop.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "storage/model/clock.h"
#include "storage/model/error.h"
#include "storage/telemetry/registry.h"
#include "storage/tsdb/log_sink.h"

namespace vigia::storage {

struct DiskSpace {
  std::uint64_t free_bytes = 0;  // That this process may still use.
  std::uint64_t capacity_bytes = 0;
};
using DiskSpaceSource = std::function<Result<DiskSpace>(const std::string& path)>;

// Of the file system that holds `path`.
Result<DiskSpace> MeasureDiskSpace(const std::string& path);

struct FreeSpaceDeps {
  std::string path;
  std::optional<std::uint64_t> min_free_bytes;  // See TsdbOptions.
  DiskSpaceSource source;
  Clock clock;
  LogSink log;
};

// Thread-safe.
class FreeSpaceGuard {
 public:
  FreeSpaceGuard(FreeSpaceDeps deps, Registry& registry);

  // kUnavailable while writes are stopped; `samples` are counted as rejected then. Measures at most once a second.
  Status Admit(std::size_t samples);
  // Measures now. A source that fails changes nothing but the log.
  void Refresh();
  bool stopped() const { return stopped_.load(std::memory_order_acquire); }

 private:
  std::uint64_t MarkFor(const DiskSpace& space) const;

  const FreeSpaceDeps deps_;
  Gauge& free_;
  Gauge& read_only_;
  Counter& rejected_;
  std::atomic<bool> stopped_{false};
  std::atomic<TimestampMs> measured_ms_;
  std::mutex mu_;
  DiskSpace space_;  // Guarded by mu_, as are the next two.
  std::uint64_t mark_ = 0;
  bool failing_ = false;  // The source failed the last time.
};

}  // namespace vigia::storage
