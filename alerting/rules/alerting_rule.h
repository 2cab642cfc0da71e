// An alerting rule: a state machine per label set of its expression's result (surface.md 6.4).
//
//   absent -> pending -> firing -> inactive (kept 15 min, to be told as resolved) -> absent
//
// Pending is left at once when the expression no longer returns the label set; firing is held for keep_firing_for.
#pragma once

#include <map>
#include <optional>
#include <vector>

#include "alerting/rules/rule.h"
#include "alerting/rules/rule_metrics.h"
#include "alerting/template/template.h"

namespace vigia::alerting {

inline constexpr storage::DurationMs kResolvedRetentionMs = 15 * 60'000;
inline constexpr std::string_view kAlertsMetric = "ALERTS";
inline constexpr std::string_view kForStateMetric = "ALERTS_FOR_STATE";

// One alert of a rule.
struct Alert {
  AlertState state = AlertState::kPending;
  config::StringMap annotations;
  double value = 0;
  storage::TimestampMs active_at_ms = 0;
  storage::TimestampMs fired_at_ms = 0;
  std::optional<storage::TimestampMs> resolved_at_ms;
  std::optional<storage::TimestampMs> keep_firing_since_ms;
  std::optional<storage::TimestampMs> last_sent_at_ms;
};

class AlertingRule final : public Rule {
 public:
  // kInvalid when a template of a label or an annotation does not parse. A rule that is not `restored` writes no series
  // until Restore() or SetRestored().
  static storage::Result<std::unique_ptr<AlertingRule>> Create(config::RuleConfig config, std::string expr,
                                                               std::string file, std::string group,
                                                               const RuleDeps& deps, storage::Labels external_labels,
                                                               RuleMetrics& metrics, bool restored);

  // The series ALERTS and ALERTS_FOR_STATE of the pending and firing alerts.
  storage::Result<promql::Vector> Evaluate(const EvaluationTime& time, std::int64_t limit) override;
  void CarryOver(const Rule& before) override;
  RuleSnapshot Snapshot() const override;

  // The alerts whose turn it is to be told (surface.md 6.5); they count as told at `now_ms`.
  std::vector<FiredAlert> TakeDue(storage::TimestampMs now_ms, storage::DurationMs interval_ms,
                                  storage::DurationMs resend_delay_ms);

  // Takes the pending time that the ALERTS_FOR_STATE series of an earlier run prove. The rule is restored afterwards,
  // also when reading failed (the error is returned for the log).
  storage::Status Restore(const RuleOptions& options, storage::TimestampMs now_ms);
  bool restored() const;

 private:
  struct NamedTemplate {
    std::string name;
    std::string text;
    std::optional<Template> parsed;  // Not set: plain text.
  };
  using Alerts = std::map<storage::Labels, Alert>;

  AlertingRule(config::RuleConfig config, std::string expr, std::string file, std::string group, const RuleDeps& deps,
               storage::Labels external_labels, RuleMetrics& metrics, bool restored);
  storage::Status ParseTemplates();
  std::string Expand(const NamedTemplate& text, const TemplateValue& data,
                     const TemplateEnvironment& environment) const;
  storage::Result<Alerts> NewAlerts(const EvaluationTime& time) const;
  // The next three REQUIRE mu_.
  void Merge(const Alerts& found, storage::TimestampMs now_ms);
  bool Advance(Alert& alert, bool present, storage::TimestampMs now_ms) const;
  promql::Vector Samples(storage::TimestampMs at_ms) const;
  storage::Result<std::vector<LastSample>> ReadForState(const RuleOptions& options, storage::TimestampMs now_ms) const;

  const storage::Labels external_labels_;
  RuleMetrics& metrics_;
  std::vector<NamedTemplate> labels_;
  std::vector<NamedTemplate> annotations_;

  mutable std::mutex mu_;  // Guards the following. Before the lock of Rule.
  Alerts alerts_;
  bool restored_;
};

// The pending time of an alert after an outage (surface.md 6.4): when it counts as active from, given the sample that
// the last run wrote (`active_s` Unix seconds, at `down_at_ms`). Pure.
storage::TimestampMs RestoredActiveAt(storage::TimestampMs down_at_ms, double active_s, storage::DurationMs for_ms,
                                      storage::DurationMs grace_ms, storage::TimestampMs now_ms);

}  // namespace vigia::alerting
