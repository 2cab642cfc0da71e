// A group of rules, evaluated one after the other at the same time (surface.md 6.2), so that a rule sees what those
// before it wrote.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <stop_token>
#include <string>
#include <unordered_map>
#include <vector>

#include "alerting/rules/rule.h"
#include "alerting/rules/rule_metrics.h"
#include "alerting/rules/schedule.h"
#include "alerting/rules/snapshot.h"
#include "config/schema/rule_file.h"

namespace vigia::alerting {

// What a rule file and `global` say of a group. Equal ones need no new group on reload.
struct GroupConfig {
  std::string file;
  config::RuleGroupConfig group;
  storage::DurationMs interval_ms = 60'000;  // Resolved: the group's or the global one.
  storage::DurationMs query_offset_ms = 0;
  storage::Labels external_labels;  // For templates.

  std::string key() const { return file + ";" + group.name; }
  bool operator==(const GroupConfig&) const = default;
};

using SeriesMap = std::unordered_map<storage::Labels, storage::SeriesRef>;

// Evaluated by one thread at a time; Snapshot() from any thread.
class RuleGroup {
 public:
  // kInvalid when an expression or a template does not parse; the text names file, group and rule. With `restore` the
  // state of its alerts is restored after the second evaluation, and no alert series are written before.
  static storage::Result<std::unique_ptr<RuleGroup>> Create(GroupConfig config, const RuleDeps& deps,
                                                            const RuleOptions& options, RuleMetrics& metrics,
                                                            bool restore);

  // One iteration. Stops between two rules when `cancel` is asked for. `slot_ms` ascends from call to call.
  void EvaluateAt(storage::TimestampMs slot_ms, const std::stop_token& cancel = {});
  // Sets the metrics that tell the group's interval and number of rules.
  void PublishSize();
  void CountMissed(std::int64_t iterations);
  // Takes what the group that this one replaces knew: rules are matched by name and labels, the series of rules that
  // are gone are marked stale by the next evaluation. REQUIRES: neither is being evaluated.
  void CarryOver(RuleGroup& before);
  // Ends the series at `at_ms`. Those that have newer samples from elsewhere stay as they are: storage refuses the
  // marker.
  void MarkStale(const SeriesMap& series, storage::TimestampMs at_ms);
  // All series that the last evaluations of its rules wrote. REQUIRES: not being evaluated.
  SeriesMap WrittenSeries() const;

  RuleGroupSnapshot Snapshot() const;
  const GroupConfig& config() const { return config_; }
  const Schedule& schedule() const { return schedule_; }

 private:
  RuleGroup(GroupConfig config, const RuleDeps& deps, const RuleOptions& options, RuleMetrics& metrics, bool restore);
  storage::Status AddRule(const config::RuleConfig& config, bool restored);
  struct Cost {
    std::size_t samples = 0;
    double seconds = 0;
  };
  Cost EvaluateRule(std::size_t index, const EvaluationTime& time);
  void FailRule(Rule& rule, const std::string& what);
  storage::Status Write(std::size_t index, const promql::Vector& samples, storage::TimestampMs at_ms);
  void Notify(Rule& rule, storage::TimestampMs slot_ms);
  void Restore();

  const GroupConfig config_;
  const RuleDeps& deps_;
  const RuleOptions options_;
  RuleMetrics& metrics_;
  GroupMetrics group_metrics_;
  const Schedule schedule_;
  const storage::Labels shared_labels_;

  // Used by the evaluating thread only.
  std::vector<std::unique_ptr<Rule>> rules_;  // The list itself is constant after Create().
  std::vector<SeriesMap> written_;            // One per rule: what its last evaluation wrote.
  SeriesMap orphans_;                         // Of rules that are gone, to be marked stale.
  int evaluations_until_restore_ = 0;         // 0 = nothing to restore.

  mutable std::mutex mu_;  // Guards the following.
  double evaluation_seconds_ = 0;
  std::optional<storage::TimestampMs> last_evaluation_ms_;
};

}  // namespace vigia::alerting
