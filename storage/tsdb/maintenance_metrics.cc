#include "storage/tsdb/maintenance_metrics.h"

namespace vigia::storage {

MaintenanceMetrics::MaintenanceMetrics(Registry& registry)
    : compactions(registry.AddCounter("prometheus_tsdb_compactions_total",
                                      "Total number of compactions that were executed for the partition.")),
      compactions_failed(registry.AddCounter("prometheus_tsdb_compactions_failed_total",
                                             "Total number of compactions that failed for the partition.")),
      compactions_triggered(registry.AddCounter("prometheus_tsdb_compactions_triggered_total",
                                                "Total number of triggered compactions for the partition.")),
      compaction_seconds(registry.AddHistogram("prometheus_tsdb_compaction_duration_seconds",
                                               "Duration of compaction runs",
                                               {0.01, 0.05, 0.25, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512})),
      head_truncations(
          registry.AddCounter("prometheus_tsdb_head_truncations_total", "Total number of head truncations attempted.")),
      head_truncations_failed(registry.AddCounter("prometheus_tsdb_head_truncations_failed_total",
                                                  "Total number of head truncations that failed.")),
      time_retentions(registry.AddCounter(
          "prometheus_tsdb_time_retentions_total",
          "The number of times that blocks were deleted because the maximum time limit was exceeded.")),
      size_retentions(registry.AddCounter(
          "prometheus_tsdb_size_retentions_total",
          "The number of times that blocks were deleted because the maximum number of bytes was exceeded.")),
      failures(registry.AddCounter("vigia_storage_maintenance_failures_total",
                                   "Rounds of storage maintenance that ended with an error.")),
      early_seals(registry.AddCounter("vigia_storage_early_seals_total",
                                      "Seals before time, because the memory for unsealed rows was used up.")),
      series_deleted(registry.AddCounter("vigia_storage_series_deleted_total",
                                         "Series of which an administrator deleted samples.")),
      tombstone_seconds(registry.AddHistogram("prometheus_tsdb_tombstone_cleanup_seconds",
                                              "The time taken to recompact blocks to remove tombstones.",
                                              {0.01, 0.05, 0.25, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512})),
      log_corruptions(
          registry.AddCounter("prometheus_tsdb_wal_corruptions_total", "Total number of write log corruptions.")),
      replay_seconds(registry.AddGauge("prometheus_tsdb_data_replay_duration_seconds",
                                       "Time taken to replay the data on disk.")) {}

}  // namespace vigia::storage
