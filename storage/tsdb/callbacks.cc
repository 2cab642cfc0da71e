// Metrics that are computed when somebody looks (surface.md 1.13).
#include <array>
#include <cmath>
#include <limits>

#include "storage/tsdb/engine.h"

namespace vigia::storage {
namespace {

constexpr std::array kCallbacks{
    "prometheus_tsdb_head_series",
    "prometheus_tsdb_head_chunks",
    "prometheus_tsdb_head_min_time",
    "prometheus_tsdb_head_max_time",
    "prometheus_tsdb_head_min_time_seconds",
    "prometheus_tsdb_head_max_time_seconds",
    "prometheus_tsdb_lowest_timestamp",
    "prometheus_tsdb_lowest_timestamp_seconds",
    "prometheus_tsdb_storage_blocks_bytes",
    "prometheus_tsdb_blocks_loaded",
    "prometheus_tsdb_wal_storage_size_bytes",
    "prometheus_tsdb_symbol_table_size_bytes",
    "prometheus_tsdb_retention_limit_bytes",
    "prometheus_tsdb_retention_limit_seconds",
    "prometheus_tsdb_clean_start",
    "vigia_storage_head_bytes",
    "vigia_storage_tombstones",
    "vigia_storage_targets",
    "vigia_storage_sleeping_targets",
    "vigia_storage_lines",
    "vigia_storage_misplaced_files",
};

// Prometheus shows these while the head is empty.
constexpr double kEmptyMin = static_cast<double>(std::numeric_limits<std::int64_t>::max());
constexpr double kEmptyMax = static_cast<double>(std::numeric_limits<std::int64_t>::min());

double Milliseconds(TimestampMs t, bool empty, double when_empty) {
  return empty ? when_empty : static_cast<double>(t);
}

}  // namespace

void Tsdb::Impl::RegisterCallbacks() {
  const auto gauge = [this](std::string_view name, std::string_view help, std::function<double()> fn) {
    registry.AddCallback(name, help, InstrumentType::kGauge, std::move(fn));
  };
  const auto head_min = [this] {
    const TimestampMs t = HeadTimes().first;
    return Milliseconds(t, t == kMaxTimestampMs, kEmptyMin);
  };
  const auto head_max = [this] {
    const TimestampMs t = committer.max_t();
    return Milliseconds(t, t == kNoTime, kEmptyMax);
  };
  const auto lowest = [this] {
    const std::shared_lock visible(visibility);
    const auto& all = runs.Current()->runs;
    return all.empty() ? 0.0 : static_cast<double>(all.front()->min_t);
  };
  gauge("prometheus_tsdb_head_series", "Total number of series in the head block.",
        [this] { return static_cast<double>(series.series()); });
  gauge("prometheus_tsdb_head_chunks", "Total number of chunks in the head block.",
        [this] { return static_cast<double>(HeadChunks()); });
  gauge("prometheus_tsdb_head_min_time",
        "Minimum time bound of the head block. The unit is decided by the library consumer.", head_min);
  gauge("prometheus_tsdb_head_max_time",
        "Maximum timestamp of the head block. The unit is decided by the library consumer.", head_max);
  gauge("prometheus_tsdb_head_min_time_seconds", "Minimum time bound of the head block.",
        [head_min] { return std::floor(head_min() / 1000); });
  gauge("prometheus_tsdb_head_max_time_seconds", "Maximum timestamp of the head block.",
        [head_max] { return std::floor(head_max() / 1000); });
  gauge("prometheus_tsdb_lowest_timestamp",
        "Lowest timestamp value stored in the database. The unit is decided by the library consumer.", lowest);
  gauge("prometheus_tsdb_lowest_timestamp_seconds", "Lowest timestamp value stored in the database.",
        [lowest] { return std::floor(lowest() / 1000); });
  gauge("prometheus_tsdb_storage_blocks_bytes",
        "The number of bytes that are currently used for local storage by all blocks.",
        [this] { return static_cast<double>(store->LiveFileBytes(Family::kData)); });
  gauge("prometheus_tsdb_blocks_loaded", "Number of currently loaded data blocks", [this] {
    const std::shared_lock visible(visibility);
    return static_cast<double>(runs.Current()->runs.size());
  });
  gauge("prometheus_tsdb_wal_storage_size_bytes", "Size of the write log directory.",
        [this] { return static_cast<double>(store->LogBytes()); });
  gauge("prometheus_tsdb_symbol_table_size_bytes", "Size of symbol table in memory for loaded blocks",
        [this] { return static_cast<double>(series.symbol_bytes()); });
  gauge("prometheus_tsdb_retention_limit_bytes",
        "Max number of bytes to be retained in the tsdb blocks, configured 0 means disabled",
        [this] { return static_cast<double>(retention_size_bytes.load()); });
  gauge("prometheus_tsdb_retention_limit_seconds", "How long to retain samples in storage.",
        [this] { return static_cast<double>(retention_time_ms.load()) / 1000; });
  gauge(
      "prometheus_tsdb_clean_start",
      "-1: lockfile is disabled. 0: a lockfile from a previous execution was replaced. 1: lockfile creation was clean",
      [this] { return folder == nullptr ? -1.0 : static_cast<double>(folder->clean_start()); });
  gauge("vigia_storage_head_bytes", "Memory of the rows that are not sealed yet, about.",
        [this] { return static_cast<double>(series.head_bytes()); });
  gauge("vigia_storage_tombstones", "Deletes whose samples are hidden, but not removed from the disk yet.", [this] {
    const std::shared_lock visible(visibility);
    return static_cast<double>(tombstones.Current()->all.size());
  });
  gauge("vigia_storage_targets", "Distinct target label sets (T) that are known.",
        [this] { return static_cast<double>(series.targets()); });
  gauge("vigia_storage_sleeping_targets", "Targets whose series are not in memory because nobody used them lately.",
        [this] { return static_cast<double>(series.sleeping()); });
  gauge("vigia_storage_lines", "Distinct line label sets (L) that are in use.",
        [this] { return static_cast<double>(series.lines()); });
  gauge("vigia_storage_misplaced_files", "Row group files above the bottom level: bulk files that overlapped.",
        [this] { return static_cast<double>(store->MisplacedFiles()); });
}

Tsdb::Impl::~Impl() {
  for (const char* name : kCallbacks) registry.RemoveCallback(name);
}

}  // namespace vigia::storage
