#include "alerting/rules/rule.h"

#include <utility>

namespace vigia::alerting {

using storage::Errc;
using storage::Error;
using storage::Result;

Rule::Rule(config::RuleConfig config, std::string expr, std::string file, std::string group, const RuleDeps& deps)
    : config_(std::move(config)),
      expr_(std::move(expr)),
      file_(std::move(file)),
      group_(std::move(group)),
      deps_(deps) {}

std::string Rule::identity() const {
  std::string out = config_.record.empty() ? "alert" : "record";
  out.append(1, '\0').append(name());
  for (const auto& [label, value] : config_.labels) out.append(1, '\0').append(label).append(1, '\0').append(value);
  return out;
}

void Rule::CarryOver(const Rule& before) {
  const std::scoped_lock lock(mu_, before.mu_);
  health_ = before.health_;
  last_error_ = before.last_error_;
  evaluation_seconds_ = before.evaluation_seconds_;
  last_evaluation_ms_ = before.last_evaluation_ms_;
}

RuleSnapshot Rule::Snapshot() const {
  RuleSnapshot out;
  out.name = name();
  out.query = expr_;
  out.labels = config_.labels;
  const std::lock_guard lock(mu_);
  out.health = health_;
  out.last_error = last_error_;
  out.evaluation_seconds = evaluation_seconds_;
  out.last_evaluation_ms = last_evaluation_ms_;
  return out;
}

void Rule::SetHealth(RuleHealth health, std::string last_error) {
  const std::lock_guard lock(mu_);
  health_ = health;
  last_error_ = std::move(last_error);
}

void Rule::SetEvaluated(storage::TimestampMs at_ms, double seconds) {
  const std::lock_guard lock(mu_);
  last_evaluation_ms_ = at_ms;
  evaluation_seconds_ = seconds;
}

Result<promql::Vector> Rule::Query(std::string_view expr, storage::TimestampMs at_ms, std::stop_token cancel) const {
  auto result = deps_.query({expr, at_ms, file_, group_, std::move(cancel)});
  if (!result) return result.error();
  if (auto* vector = std::get_if<promql::Vector>(&result->value)) return std::move(*vector);
  if (const auto* scalar = std::get_if<promql::Scalar>(&result->value)) {
    return promql::Vector{{.metric = {}, .t = scalar->t, .v = scalar->v, .h = nullptr}};
  }
  return Error{Errc::kInvalid, "rule result is not a vector or scalar"};
}

}  // namespace vigia::alerting
