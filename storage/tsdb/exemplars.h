// Exemplars in memory and on disk. Format: storage/FORMAT.md, "Exemplars".
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "storage/api/exemplars.h"
#include "storage/head/exemplar_ring.h"
#include "storage/head/series_map.h"
#include "storage/kv/store.h"
#include "storage/maintenance/quarantine.h"
#include "storage/telemetry/registry.h"
#include "storage/tsdb/exemplar_record.h"

namespace vigia::storage {

struct PendingExemplar {
  SeriesRef series = SeriesRef::kNone;
  Exemplar exemplar;
};

// Thread-safe but for Load().
class Exemplars {
 public:
  // Keeps at most `capacity`; 0: none, and nothing is written.
  Exemplars(SeriesMap& series, Store& store, Registry& registry, std::size_t capacity);

  // Reads what is on disk, once all series are known. What belongs to none of them any more is left out, what is
  // damaged is set aside. Fails when a newer version wrote an exemplar (kInvalid), or when the disk does.
  Status Load(Quarantine& quarantine);
  // Drops the oldest when there are too many now.
  Status Resize(std::size_t capacity);

  // What would become of it; the window is that of samples. kAdded also when none are kept, which is counted.
  AppendOutcome Judge(SeriesRef series, const Exemplar& exemplar, DurationMs window_ms);
  // Keeps those that are still good. One that cannot be written is kept in memory alone, and counted.
  void Commit(std::vector<PendingExemplar> batch, DurationMs window_ms);

  std::vector<ExemplarSeries> Select(TimestampMs start_ms, TimestampMs end_ms,
                                     std::span<const std::vector<Matcher>> selectors) const;

 private:
  Status Read(std::vector<ExemplarRecord>& records, std::vector<Quarantine::DamagedExemplar>& damaged, bool& misplaced);
  Status ReadAround(Quarantine& quarantine, std::vector<ExemplarRecord>& records, bool& misplaced);
  Status Rewrite();
  void Put(Batch& batch, SeriesRef series, const Exemplar& exemplar);
  void ShowMetrics();

  SeriesMap& series_;
  Store& store_;
  Counter& appended_;
  Counter& out_of_order_;
  Counter& dropped_;
  Counter& write_failures_;
  Gauge& in_storage_;
  Gauge& series_in_storage_;
  Gauge& oldest_seconds_;
  Gauge& max_;

  mutable std::mutex mu_;
  std::unique_ptr<ExemplarRing> ring_;  // Guarded by mu_, as are the next one and all writes to the column family.
  std::uint64_t number_ = 0;            // Of the newest one ever written.
};

}  // namespace vigia::storage
