// A rule of a group: an expression and what is made of its result.
#pragma once

#include <mutex>
#include <optional>
#include <stop_token>
#include <string>

#include "alerting/rules/rule_deps.h"
#include "alerting/rules/snapshot.h"
#include "config/schema/rule_file.h"
#include "promql/value/value.h"
#include "storage/model/error.h"

namespace vigia::alerting {

// One evaluation of a group.
struct EvaluationTime {
  storage::TimestampMs slot_ms = 0;   // What alerts count from.
  storage::TimestampMs query_ms = 0;  // slot_ms - query_offset: when queries look and series are written.
  std::stop_token cancel;
};

// Evaluated by one thread at a time; Snapshot() from any.
class Rule {
 public:
  // `expr` is what ToString() of the parsed config.expr gives. `deps` must outlive the rule; file and group name who
  // asks.
  Rule(config::RuleConfig config, std::string expr, std::string file, std::string group, const RuleDeps& deps);
  virtual ~Rule() = default;
  Rule(const Rule&) = delete;
  Rule& operator=(const Rule&) = delete;

  // The samples to write, at time.query_ms. `limit` 0 = none: more series or alerts than that are an error, and nothing
  // is written.
  virtual storage::Result<promql::Vector> Evaluate(const EvaluationTime& time, std::int64_t limit) = 0;
  // Takes the state of the rule that had this one's place before a reload. REQUIRES: neither is being evaluated.
  virtual void CarryOver(const Rule& before);
  virtual RuleSnapshot Snapshot() const;

  void SetHealth(RuleHealth health, std::string last_error);
  void SetEvaluated(storage::TimestampMs at_ms, double seconds);

  const std::string& name() const { return config_.record.empty() ? config_.alert : config_.record; }
  // Name and labels: what rules are matched by over a reload.
  std::string identity() const;
  const config::RuleConfig& config() const { return config_; }
  const std::string& expr() const { return expr_; }

 protected:
  // The expression's result as a vector: a scalar is one sample without labels.
  storage::Result<promql::Vector> Query(std::string_view expr, storage::TimestampMs at_ms,
                                        std::stop_token cancel) const;
  const RuleDeps& deps() const { return deps_; }

 private:
  const config::RuleConfig config_;
  const std::string expr_;
  const std::string file_;
  const std::string group_;
  const RuleDeps& deps_;

  mutable std::mutex mu_;  // Guards the following.
  RuleHealth health_ = RuleHealth::kUnknown;
  std::string last_error_;
  double evaluation_seconds_ = 0;
  std::optional<storage::TimestampMs> last_evaluation_ms_;
};

}  // namespace vigia::alerting
