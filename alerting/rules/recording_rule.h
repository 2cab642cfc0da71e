// A recording rule: the result of its expression under a new name (surface.md 6.3).
#pragma once

#include "alerting/rules/rule.h"

namespace vigia::alerting {

class RecordingRule final : public Rule {
 public:
  using Rule::Rule;
  storage::Result<promql::Vector> Evaluate(const EvaluationTime& time, std::int64_t limit) override;
  RuleSnapshot Snapshot() const override;
};

}  // namespace vigia::alerting
