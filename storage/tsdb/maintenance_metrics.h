// Instruments of maintenance (surface.md 1.13). A "compaction" is a seal or a rewrite of row groups.
#pragma once

#include "storage/telemetry/registry.h"

namespace vigia::storage {

struct MaintenanceMetrics {
  explicit MaintenanceMetrics(Registry& registry);
  Counter& compactions;
  Counter& compactions_failed;
  Counter& compactions_triggered;
  Histogram& compaction_seconds;
  Counter& head_truncations;
  Counter& head_truncations_failed;
  Counter& time_retentions;
  Counter& size_retentions;
  Counter& failures;
  Counter& early_seals;
  Counter& series_deleted;
  Histogram& tombstone_seconds;
  Counter& log_corruptions;
  Gauge& replay_seconds;
};

}  // namespace vigia::storage
