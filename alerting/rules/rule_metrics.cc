#include "alerting/rules/rule_metrics.h"

#include <array>
#include <string_view>

namespace vigia::alerting {
namespace {

using storage::Labels;

constexpr std::string_view kEvaluations = "prometheus_rule_evaluations_total";
constexpr std::string_view kFailures = "prometheus_rule_evaluation_failures_total";
constexpr std::string_view kIterations = "prometheus_rule_group_iterations_total";
constexpr std::string_view kMissed = "prometheus_rule_group_iterations_missed_total";
constexpr std::string_view kInterval = "prometheus_rule_group_interval_seconds";
constexpr std::string_view kLastDuration = "prometheus_rule_group_last_duration_seconds";
constexpr std::string_view kLastTimestamp = "prometheus_rule_group_last_evaluation_timestamp_seconds";
constexpr std::string_view kLastSamples = "prometheus_rule_group_last_evaluation_samples";
constexpr std::string_view kLastSum = "prometheus_rule_group_last_rule_duration_sum_seconds";
constexpr std::string_view kLastRestore = "prometheus_rule_group_last_restore_duration_seconds";
constexpr std::string_view kRules = "prometheus_rule_group_rules";

Labels KeyLabels(const std::string& key) { return Labels{{"rule_group", key}}; }

}  // namespace

RuleMetrics::RuleMetrics(storage::Registry& owner)
    : registry(owner),
      evaluation_duration_seconds(owner.AddSummary("prometheus_rule_evaluation_duration_seconds",
                                                   "The duration for a rule to execute.", {0.5, 0.9, 0.99})),
      group_duration_seconds(owner.AddSummary("prometheus_rule_group_duration_seconds",
                                              "The duration of rule group evaluations.", {0.01, 0.05, 0.5, 0.9, 0.99})),
      template_expansions(owner.AddCounter("prometheus_template_text_expansions_total",
                                           "The total number of template text expansions.")),
      template_failures(owner.AddCounter("prometheus_template_text_expansion_failures_total",
                                         "The total number of template text expansion failures.")) {}

GroupMetrics::GroupMetrics(storage::Registry& registry, const std::string& key)
    : evaluations(registry.AddCounter(kEvaluations, "The total number of rule evaluations.", KeyLabels(key))),
      failures(registry.AddCounter(kFailures, "The total number of rule evaluation failures.", KeyLabels(key))),
      iterations(registry.AddCounter(
          kIterations, "The total number of scheduled rule group evaluations, whether executed or missed.",
          KeyLabels(key))),
      iterations_missed(registry.AddCounter(
          kMissed, "The total number of rule group evaluations missed due to slow rule group evaluation.",
          KeyLabels(key))),
      interval_seconds(registry.AddGauge(kInterval, "The interval of a rule group.", KeyLabels(key))),
      last_duration_seconds(
          registry.AddGauge(kLastDuration, "The duration of the last rule group evaluation.", KeyLabels(key))),
      last_evaluation_timestamp_seconds(registry.AddGauge(
          kLastTimestamp, "The timestamp of the last rule group evaluation in seconds.", KeyLabels(key))),
      last_evaluation_samples(registry.AddGauge(
          kLastSamples, "The number of samples returned during the last rule group evaluation.", KeyLabels(key))),
      last_rule_duration_sum_seconds(registry.AddGauge(
          kLastSum, "The sum of time in seconds it took to evaluate each rule in the group.", KeyLabels(key))),
      last_restore_duration_seconds(registry.AddGauge(
          kLastRestore, "The duration of the last restoration of alerts from the ALERTS_FOR_STATE series.",
          KeyLabels(key))),
      rules(registry.AddGauge(kRules, "The number of rules.", KeyLabels(key))) {}

void RemoveGroupMetrics(storage::Registry& registry, const std::string& key) {
  for (const std::string_view name : {kEvaluations, kFailures, kIterations, kMissed, kInterval, kLastDuration,
                                      kLastTimestamp, kLastSamples, kLastSum, kLastRestore, kRules}) {
    registry.Remove(name, KeyLabels(key));
  }
}

}  // namespace vigia::alerting
