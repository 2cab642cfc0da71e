#include "alerting/rules/rule_group.h"

#include <chrono>
#include <utility>

#include <fmt/format.h>

#include "alerting/rules/alerting_rule.h"
#include "alerting/rules/recording_rule.h"
#include "promql/parser/parse.h"
#include "promql/parser/printer.h"
#include "storage/api/newest_only.h"
#include "storage/model/sample.h"

namespace vigia::alerting {
namespace {

using storage::AppendOutcome;
using storage::Errc;
using storage::Error;
using storage::Labels;
using storage::SeriesRef;
using storage::Status;
using storage::TimestampMs;

// The expression was checked, with the server's feature flags, when the file was loaded.
constexpr promql::ParserOptions kAllFeatures{
    .experimental_functions = true, .extended_range_selectors = true, .binop_fill_modifiers = true};

double SecondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

Labels LabelsOf(const config::StringMap& map) {
  std::vector<storage::LabelView> pairs;
  for (const auto& [name, value] : map) pairs.push_back({name, value});
  return Labels::FromPairs(std::move(pairs));
}

// What a refused sample is reported as; "" when it was taken.
std::string_view Refusal(AppendOutcome outcome) {
  switch (outcome) {
    case AppendOutcome::kAdded:
    case AppendOutcome::kSame: return "";
    case AppendOutcome::kDuplicate: return "duplicate sample for timestamp";
    case AppendOutcome::kOutOfOrder: return "out of order sample";
    case AppendOutcome::kTooOld: return "too old sample";
    case AppendOutcome::kOutOfBounds: return "out of bounds";
    case AppendOutcome::kUnknownSeries: return "unknown series";
  }
  return "";
}

// Whether the marker was taken does not matter: a series that was refused is written by somebody else by now.
void AppendStale(storage::Appender& appender, SeriesRef ref, TimestampMs at_ms) {
  static_cast<void>(appender.Append(ref, at_ms, storage::kStaleNan));
}

}  // namespace

RuleGroup::RuleGroup(GroupConfig config, const RuleDeps& deps, const RuleOptions& options, RuleMetrics& metrics,
                     bool restore)
    : config_(std::move(config)),
      deps_(deps),
      options_(options),
      metrics_(metrics),
      group_metrics_(metrics.registry, config_.key()),
      schedule_(config_.file, config_.group.name, config_.interval_ms),
      shared_labels_(LabelsOf(config_.group.labels)),
      evaluations_until_restore_(restore ? 2 : 0) {}

storage::Result<std::unique_ptr<RuleGroup>> RuleGroup::Create(GroupConfig config, const RuleDeps& deps,
                                                              const RuleOptions& options, RuleMetrics& metrics,
                                                              bool restore) {
  std::unique_ptr<RuleGroup> group(new RuleGroup(std::move(config), deps, options, metrics, restore));
  for (std::size_t i = 0; i < group->config_.group.rules.size(); ++i) {
    const config::RuleConfig& rule = group->config_.group.rules[i];
    if (const Status status = group->AddRule(rule, !restore); !status) {
      return Prefixed(status.error(), fmt::format("{}:{}: group {}, rule {}, {}", group->config_.file, rule.line,
                                                  storage::Quoted(group->config_.group.name), i + 1,
                                                  storage::Quoted(rule.alert.empty() ? rule.record : rule.alert)));
    }
  }
  group->written_.resize(group->rules_.size());
  return group;
}

Status RuleGroup::AddRule(const config::RuleConfig& config, bool restored) {
  const auto parsed = promql::ParseExpr(config.expr, kAllFeatures);
  if (!parsed) return parsed.error();
  std::string expr = promql::ToString(**parsed);
  if (config.alert.empty()) {
    rules_.push_back(std::make_unique<RecordingRule>(config, std::move(expr), config_.file, config_.group.name, deps_));
    return {};
  }
  auto rule = AlertingRule::Create(config, std::move(expr), config_.file, config_.group.name, deps_,
                                   config_.external_labels, metrics_, restored);
  if (!rule) return rule.error();
  rules_.push_back(std::move(*rule));
  return {};
}

void RuleGroup::EvaluateAt(TimestampMs slot_ms, const std::stop_token& cancel) {
  group_metrics_.iterations.Add();
  const auto start = std::chrono::steady_clock::now();
  const TimestampMs started_ms = deps_.now();
  const EvaluationTime time{slot_ms, slot_ms - config_.query_offset_ms, cancel};
  Cost total;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (cancel.stop_requested()) return;
    const Cost cost = EvaluateRule(i, time);
    total.samples += cost.samples;
    total.seconds += cost.seconds;
  }
  if (!orphans_.empty()) {
    for (const SeriesMap& written : written_) {
      for (const auto& [labels, ref] : written) orphans_.erase(labels);
    }
  }
  MarkStale(std::exchange(orphans_, {}), time.query_ms);
  const double seconds = SecondsSince(start);
  group_metrics_.last_evaluation_samples.Set(static_cast<double>(total.samples));
  group_metrics_.last_duration_seconds.Set(seconds);
  group_metrics_.last_rule_duration_sum_seconds.Set(total.seconds);
  group_metrics_.last_evaluation_timestamp_seconds.Set(static_cast<double>(started_ms) / 1000.0);
  metrics_.group_duration_seconds.Observe(seconds);
  {
    const std::lock_guard lock(mu_);
    evaluation_seconds_ = seconds;
    last_evaluation_ms_ = started_ms;
  }
  if (evaluations_until_restore_ > 0 && --evaluations_until_restore_ == 0) Restore();
}

void RuleGroup::PublishSize() {
  group_metrics_.interval_seconds.Set(static_cast<double>(config_.interval_ms) / 1000.0);
  group_metrics_.rules.Set(static_cast<double>(rules_.size()));
}

void RuleGroup::CountMissed(std::int64_t iterations) {
  group_metrics_.iterations.Add(static_cast<double>(iterations));
  group_metrics_.iterations_missed.Add(static_cast<double>(iterations));
}

void RuleGroup::FailRule(Rule& rule, const std::string& what) {
  rule.SetHealth(RuleHealth::kErr, what);
  group_metrics_.failures.Add();
  if (deps_.warn) deps_.warn(fmt::format("rule {} of group {}: {}", rule.name(), config_.key(), what));
}

RuleGroup::Cost RuleGroup::EvaluateRule(std::size_t index, const EvaluationTime& time) {
  Rule& rule = *rules_[index];
  const auto start = std::chrono::steady_clock::now();
  const TimestampMs started_ms = deps_.now();
  group_metrics_.evaluations.Add();
  std::size_t count = 0;
  const auto samples = rule.Evaluate(time, config_.group.limit);
  if (samples) {
    rule.SetHealth(RuleHealth::kOk, "");
    Notify(rule, time.slot_ms);
    count = samples->size();
    if (const Status status = Write(index, *samples, time.query_ms); !status) FailRule(rule, status.error().what);
  } else if (samples.error().code != Errc::kCancelled || !time.cancel.stop_requested()) {
    FailRule(rule, samples.error().what);
  }
  const double seconds = SecondsSince(start);
  metrics_.evaluation_duration_seconds.Observe(seconds);
  rule.SetEvaluated(started_ms, seconds);
  return {count, seconds};
}

void RuleGroup::Notify(Rule& rule, TimestampMs slot_ms) {
  auto* alerting = dynamic_cast<AlertingRule*>(&rule);
  if (alerting == nullptr || !deps_.notify) return;
  const auto due = alerting->TakeDue(slot_ms, config_.interval_ms, options_.resend_delay_ms);
  if (!due.empty()) deps_.notify(due);
}

Status RuleGroup::Write(std::size_t index, const promql::Vector& samples, TimestampMs at_ms) {
  const auto appender = deps_.appendable->NewAppender(shared_labels_);
  storage::SetNewestOnly(*appender, true);  // Results come in order, markers must not fall behind another writer.
  SeriesMap& before = written_[index];
  SeriesMap now;
  Status status;
  for (const promql::VectorElement& sample : samples) {
    const auto append = [&](SeriesRef ref) {
      return sample.h ? appender->AppendHistogram(ref, at_ms, sample.h) : appender->Append(ref, at_ms, sample.v);
    };
    AppendOutcome outcome = AppendOutcome::kUnknownSeries;
    SeriesRef ref = SeriesRef::kNone;
    if (const auto known = before.find(sample.metric); known != before.end()) {
      ref = known->second;
      outcome = append(ref);
    }
    if (outcome == AppendOutcome::kUnknownSeries) {
      const auto resolved = appender->Resolve(sample.metric);
      if (!resolved) {
        status = resolved.error();
        continue;
      }
      ref = *resolved;
      outcome = append(ref);
    }
    if (const std::string_view refusal = Refusal(outcome); refusal.empty()) {
      now.emplace(sample.metric, ref);
    } else {
      status = Error{Errc::kInvalid, std::string(refusal)};
    }
  }
  for (const auto& [labels, ref] : before) {
    if (now.count(labels) == 0) AppendStale(*appender, ref, at_ms);
  }
  if (Status committed = appender->Commit(); !committed) return committed;
  before = std::move(now);
  return status;
}

void RuleGroup::MarkStale(const SeriesMap& series, TimestampMs at_ms) {
  if (series.empty()) return;
  const auto appender = deps_.appendable->NewAppender(shared_labels_);
  storage::SetNewestOnly(*appender, true);
  for (const auto& [labels, ref] : series) AppendStale(*appender, ref, at_ms);
  const Status committed = appender->Commit();
  if (!committed && deps_.warn) {
    deps_.warn(fmt::format("group {}: marking series stale failed: {}", config_.key(), committed.error().what));
  }
}

void RuleGroup::Restore() {
  const auto start = std::chrono::steady_clock::now();
  const TimestampMs now_ms = deps_.now();
  for (const auto& rule : rules_) {
    auto* alerting = dynamic_cast<AlertingRule*>(rule.get());
    if (alerting == nullptr || alerting->restored()) continue;
    const Status status = alerting->Restore(options_, now_ms);
    if (!status && deps_.warn) {
      deps_.warn(fmt::format("alert {}: restoring its state failed: {}", rule->name(), status.error().what));
    }
  }
  group_metrics_.last_restore_duration_seconds.Set(SecondsSince(start));
}

void RuleGroup::CarryOver(RuleGroup& before) {
  evaluations_until_restore_ = before.evaluations_until_restore_;
  orphans_ = std::move(before.orphans_);
  std::unordered_map<std::string, std::size_t> unmatched;
  // Of equal rules the first is matched with the first, hence the number in the key.
  std::unordered_map<std::string, int> seen;
  const auto numbered = [&seen](const Rule& rule) {
    const std::string identity = rule.identity();
    return fmt::format("{}{}{}", identity, '\0', seen[identity]++);
  };
  for (std::size_t i = 0; i < before.rules_.size(); ++i) unmatched.emplace(numbered(*before.rules_[i]), i);
  seen.clear();
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const auto at = unmatched.find(numbered(*rules_[i]));
    if (at == unmatched.end()) continue;
    rules_[i]->CarryOver(*before.rules_[at->second]);
    written_[i] = std::move(before.written_[at->second]);
    unmatched.erase(at);
  }
  for (const auto& [identity, index] : unmatched) orphans_.merge(before.written_[index]);
  const std::scoped_lock lock(mu_, before.mu_);
  evaluation_seconds_ = before.evaluation_seconds_;
  last_evaluation_ms_ = before.last_evaluation_ms_;
}

SeriesMap RuleGroup::WrittenSeries() const {
  SeriesMap all = orphans_;
  for (const SeriesMap& written : written_) all.insert(written.begin(), written.end());
  return all;
}

RuleGroupSnapshot RuleGroup::Snapshot() const {
  RuleGroupSnapshot out;
  out.file = config_.file;
  out.name = config_.group.name;
  out.interval_ms = config_.interval_ms;
  out.limit = config_.group.limit;
  for (const auto& rule : rules_) out.rules.push_back(rule->Snapshot());
  const std::lock_guard lock(mu_);
  out.evaluation_seconds = evaluation_seconds_;
  out.last_evaluation_ms = last_evaluation_ms_;
  return out;
}

}  // namespace vigia::alerting
