// The server's own metrics about rules (surface.md 1.13).
#pragma once

#include <string>

#include "storage/telemetry/registry.h"

namespace vigia::alerting {

// Shared by all groups. Thread-safe.
struct RuleMetrics {
  explicit RuleMetrics(storage::Registry& registry);
  storage::Registry& registry;
  storage::Summary& evaluation_duration_seconds;  // Of a rule.
  storage::Summary& group_duration_seconds;
  storage::Counter& template_expansions;
  storage::Counter& template_failures;
};

// Of one group, label rule_group="<file>;<name>". Thread-safe. A group that replaces another of the same name goes on
// with its instruments.
struct GroupMetrics {
  GroupMetrics(storage::Registry& registry, const std::string& key);
  storage::Counter& evaluations;
  storage::Counter& failures;
  storage::Counter& iterations;
  storage::Counter& iterations_missed;
  storage::Gauge& interval_seconds;
  storage::Gauge& last_duration_seconds;
  storage::Gauge& last_evaluation_timestamp_seconds;
  storage::Gauge& last_evaluation_samples;
  storage::Gauge& last_rule_duration_sum_seconds;
  storage::Gauge& last_restore_duration_seconds;
  storage::Gauge& rules;
};

// Forgets the metrics of a group. REQUIRES: its GroupMetrics is not used any more.
void RemoveGroupMetrics(storage::Registry& registry, const std::string& key);

}  // namespace vigia::alerting
