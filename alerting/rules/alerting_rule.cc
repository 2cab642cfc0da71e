#include "alerting/rules/alerting_rule.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

#include "alerting/template/format.h"
#include "alerting/template/functions.h"
#include "storage/model/sample.h"

namespace vigia::alerting {
namespace {

using storage::Errc;
using storage::Error;
using storage::Labels;
using storage::LabelsBuilder;
using storage::Result;
using storage::TimestampMs;

constexpr std::string_view kAlertName = "alertname";
constexpr std::string_view kAlertStateLabel = "alertstate";

bool IsTemplate(std::string_view text) { return text.find("{{") != std::string_view::npos; }

// "/path" of http://host/path.
std::string PathOf(const std::string& url) {
  const std::size_t scheme = url.find("://");
  const std::size_t slash = url.find('/', scheme == std::string::npos ? 0 : scheme + 3);
  return slash == std::string::npos ? std::string() : url.substr(slash);
}

}  // namespace

AlertingRule::AlertingRule(config::RuleConfig rule, std::string expr, std::string file, std::string group,
                           const RuleDeps& rule_deps, Labels external_labels, RuleMetrics& metrics, bool restored)
    : Rule(std::move(rule), std::move(expr), std::move(file), std::move(group), rule_deps),
      external_labels_(std::move(external_labels)),
      metrics_(metrics),
      restored_(restored) {}

Result<std::unique_ptr<AlertingRule>> AlertingRule::Create(config::RuleConfig config, std::string expr,
                                                           std::string file, std::string group, const RuleDeps& deps,
                                                           Labels external_labels, RuleMetrics& metrics,
                                                           bool restored) {
  std::unique_ptr<AlertingRule> rule(new AlertingRule(std::move(config), std::move(expr), std::move(file),
                                                      std::move(group), deps, std::move(external_labels), metrics,
                                                      restored));
  if (const auto status = rule->ParseTemplates(); !status) return status.error();
  return rule;
}

storage::Status AlertingRule::ParseTemplates() {
  const auto parse = [this](const config::StringMap& texts, std::string_view kind,
                            std::vector<NamedTemplate>& out) -> storage::Status {
    for (const auto& [key, text] : texts) {
      NamedTemplate named{key, text, std::nullopt};
      if (IsTemplate(text)) {
        auto parsed = ParseAlertTemplate(name(), text);
        if (!parsed) return Prefixed(parsed.error(), fmt::format("{} {}", kind, storage::Quoted(key)));
        named.parsed = std::move(*parsed);
      }
      out.push_back(std::move(named));
    }
    return {};
  };
  if (const auto status = parse(config().labels, "label", labels_); !status) return status.error();
  return parse(config().annotations, "annotation", annotations_);
}

std::string AlertingRule::Expand(const NamedTemplate& text, const TemplateValue& data,
                                 const TemplateEnvironment& environment) const {
  if (!text.parsed) return text.text;
  metrics_.template_expansions.Add();
  auto expanded = text.parsed->Expand(data, environment);
  if (expanded) return std::move(*expanded);
  metrics_.template_failures.Add();
  if (deps().warn) deps().warn(fmt::format("alert {}: expanding a template failed: {}", name(), expanded.error().what));
  return fmt::format("<error expanding template: {}>", expanded.error().what);
}

Result<AlertingRule::Alerts> AlertingRule::NewAlerts(const EvaluationTime& time) const {
  const auto vector = Query(expr(), time.query_ms, time.cancel);
  if (!vector) return vector.error();
  TemplateEnvironment environment;
  environment.query = [this, &time](std::string_view text) { return Query(text, time.slot_ms, time.cancel); };
  environment.now_ms = time.slot_ms;
  environment.external_url = deps().external_url;
  environment.path_prefix = PathOf(deps().external_url);
  Alerts found;
  LabelsBuilder builder;
  for (const promql::VectorElement& element : *vector) {
    const TemplateValue data = AlertTemplateData(element.metric, external_labels_, deps().external_url, element);
    builder.Reset(element.metric);
    builder.Delete(storage::kMetricName);
    for (const NamedTemplate& label : labels_) builder.Set(label.name, Expand(label, data, environment));
    builder.Set(kAlertName, name());
    Alert alert;
    for (const NamedTemplate& text : annotations_) {
      alert.annotations.emplace_back(text.name, Expand(text, data, environment));
    }
    alert.value = element.h ? 0 : element.v;
    alert.active_at_ms = time.slot_ms;
    if (!found.emplace(builder.Build(), std::move(alert)).second) {
      return Error{Errc::kInvalid, "vector contains metrics with the same labelset after applying alert labels"};
    }
  }
  return found;
}

// Moves one alert to its state at `now_ms`; false when it is to be forgotten.
bool AlertingRule::Advance(Alert& alert, bool present, TimestampMs now_ms) const {
  if (present) {
    alert.keep_firing_since_ms.reset();
    if (alert.state == AlertState::kPending && now_ms - alert.active_at_ms >= config().for_ms) {
      alert.state = AlertState::kFiring;
      alert.fired_at_ms = now_ms;
    }
    return true;
  }
  switch (alert.state) {
    case AlertState::kPending: return false;
    case AlertState::kInactive: return now_ms - alert.resolved_at_ms.value_or(now_ms) <= kResolvedRetentionMs;
    case AlertState::kFiring: break;
  }
  if (config().keep_firing_for_ms > 0) {
    if (!alert.keep_firing_since_ms) alert.keep_firing_since_ms = now_ms;
    if (now_ms - *alert.keep_firing_since_ms < config().keep_firing_for_ms) return true;
  }
  alert.state = AlertState::kInactive;
  alert.resolved_at_ms = now_ms;
  return true;
}

void AlertingRule::Merge(const Alerts& found, TimestampMs now_ms) {
  for (auto at = alerts_.begin(); at != alerts_.end();) {
    const bool present = found.count(at->first) > 0;
    // One that comes back after it was resolved is a new alert.
    const bool returns = present && at->second.state == AlertState::kInactive;
    if (returns || (!present && !Advance(at->second, false, now_ms))) {
      at = alerts_.erase(at);
    } else {
      ++at;
    }
  }
  for (auto& [labels, fresh] : found) {
    const auto [at, added] = alerts_.try_emplace(labels, fresh);
    if (!added) {
      at->second.value = fresh.value;
      at->second.annotations = std::move(fresh.annotations);
    }
    Advance(at->second, true, now_ms);
  }
}

promql::Vector AlertingRule::Samples(TimestampMs at_ms) const {
  promql::Vector out;
  LabelsBuilder builder;
  for (const auto& [labels, alert] : alerts_) {
    if (alert.state == AlertState::kInactive) continue;
    builder.Reset(labels);
    builder.Set(storage::kMetricName, kAlertsMetric).Set(kAlertStateLabel, ToString(alert.state));
    out.push_back({.metric = builder.Build(), .t = at_ms, .v = 1, .h = nullptr});
    builder.Reset(labels);
    builder.Set(storage::kMetricName, kForStateMetric);
    const double active_s = std::floor(static_cast<double>(alert.active_at_ms) / 1000.0);
    out.push_back({.metric = builder.Build(), .t = at_ms, .v = active_s, .h = nullptr});
  }
  return out;
}

Result<promql::Vector> AlertingRule::Evaluate(const EvaluationTime& time, std::int64_t limit) {
  auto found = NewAlerts(time);
  if (!found) return found.error();
  const std::lock_guard lock(mu_);
  Merge(std::move(*found), time.slot_ms);
  const auto active = std::count_if(alerts_.begin(), alerts_.end(),
                                    [](const auto& entry) { return entry.second.state != AlertState::kInactive; });
  if (limit > 0 && active > limit) {
    alerts_.clear();
    return Error{Errc::kLimit, fmt::format("exceeded limit of {} with {} alerts", limit, active)};
  }
  return restored_ ? Samples(time.query_ms) : promql::Vector();
}

void AlertingRule::CarryOver(const Rule& before) {
  Rule::CarryOver(before);
  const auto* other = dynamic_cast<const AlertingRule*>(&before);
  if (other == nullptr) return;
  const std::scoped_lock lock(mu_, other->mu_);
  alerts_ = other->alerts_;
  restored_ = other->restored_;
}

RuleSnapshot AlertingRule::Snapshot() const {
  RuleSnapshot out = Rule::Snapshot();
  out.type = RuleType::kAlerting;
  out.for_ms = config().for_ms;
  out.keep_firing_for_ms = config().keep_firing_for_ms;
  out.annotations = config().annotations;
  if (out.last_evaluation_ms) out.state = AlertState::kInactive;
  const std::lock_guard lock(mu_);
  for (const auto& [labels, alert] : alerts_) {
    if (alert.state == AlertState::kInactive) continue;
    if (out.state) out.state = std::max(*out.state, alert.state);
    out.alerts.push_back({labels, alert.annotations, alert.state, alert.active_at_ms, alert.keep_firing_since_ms,
                          FormatFloatExponent(alert.value)});
  }
  return out;
}

std::vector<FiredAlert> AlertingRule::TakeDue(TimestampMs now_ms, storage::DurationMs interval_ms,
                                              storage::DurationMs resend_delay_ms) {
  std::vector<FiredAlert> due;
  const TimestampMs valid_until = now_ms + 4 * std::max(interval_ms, resend_delay_ms);
  const std::string url = deps().external_url + "/graph?g0.expr=" + QueryEscape(expr()) + "&g0.tab=1";
  const std::lock_guard lock(mu_);
  for (auto& [labels, alert] : alerts_) {
    if (alert.state == AlertState::kPending) continue;
    const auto& sent = alert.last_sent_at_ms;
    const bool just_resolved = alert.resolved_at_ms && (!sent || *alert.resolved_at_ms > *sent);
    if (sent && !just_resolved && *sent + resend_delay_ms >= now_ms) continue;
    alert.last_sent_at_ms = now_ms;
    due.push_back({labels, alert.annotations, alert.fired_at_ms, alert.resolved_at_ms.value_or(valid_until), url});
  }
  return due;
}

bool AlertingRule::restored() const {
  const std::lock_guard lock(mu_);
  return restored_;
}

Result<std::vector<LastSample>> AlertingRule::ReadForState(const RuleOptions& options, TimestampMs now_ms) const {
  std::vector<storage::Matcher> matchers;
  matchers.push_back(storage::Matcher::Equal(std::string(storage::kMetricName), std::string(kForStateMetric)));
  matchers.push_back(storage::Matcher::Equal(std::string(kAlertName), name()));
  for (const NamedTemplate& label : labels_) {
    const bool usable = !label.parsed && label.name != kAlertName;
    if (usable) matchers.push_back(storage::Matcher::Equal(label.name, label.text));
  }
  return deps().last_samples(matchers, now_ms - options.outage_tolerance_ms, now_ms);
}

storage::Status AlertingRule::Restore(const RuleOptions& options, TimestampMs now_ms) {
  storage::Status status;
  // A `for` shorter than the grace period is simply waited for again.
  if (config().for_ms >= options.for_grace_period_ms && deps().last_samples) {
    const auto samples = ReadForState(options, now_ms);
    if (samples) {
      const std::lock_guard lock(mu_);
      for (const LastSample& sample : *samples) {
        const auto at = alerts_.find(sample.labels.WithoutMetricName());
        if (at == alerts_.end() || std::isnan(sample.v)) continue;  // Stale: it was not active.
        at->second.active_at_ms =
            RestoredActiveAt(sample.t, sample.v, config().for_ms, options.for_grace_period_ms, now_ms);
      }
    } else {
      status = samples.error();
    }
  }
  const std::lock_guard lock(mu_);
  restored_ = true;
  return status;
}

TimestampMs RestoredActiveAt(TimestampMs down_at_ms, double active_s, storage::DurationMs for_ms,
                             storage::DurationMs grace_ms, TimestampMs now_ms) {
  constexpr double kLargest = 1e15;  // Seconds; also keeps the conversion defined whatever was stored.
  const auto restored = static_cast<TimestampMs>(std::clamp(std::trunc(active_s), -kLargest, kLargest)) * 1000;
  const TimestampMs down_at = down_at_ms / 1000 * 1000;
  const storage::DurationMs remaining = for_ms - (down_at - restored);
  if (remaining <= 0) return restored;                          // Was firing: fires at the next evaluation.
  if (remaining < grace_ms) return now_ms + grace_ms - for_ms;  // Gets the grace period to recover.
  return restored + (now_ms - down_at);                         // The outage does not count.
}

}  // namespace vigia::alerting
