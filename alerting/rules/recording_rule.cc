#include "alerting/rules/recording_rule.h"

#include <unordered_set>

#include <fmt/format.h>

namespace vigia::alerting {

using storage::Errc;
using storage::Error;

storage::Result<promql::Vector> RecordingRule::Evaluate(const EvaluationTime& time, std::int64_t limit) {
  auto vector = Query(expr(), time.query_ms, time.cancel);
  if (!vector) return vector.error();
  std::unordered_set<storage::Labels> seen;
  storage::LabelsBuilder builder;
  for (promql::VectorElement& element : *vector) {
    builder.Reset(element.metric);
    builder.Set(storage::kMetricName, name());
    for (const auto& [label, value] : config().labels) builder.Set(label, value);
    element.metric = builder.Build();
    element.t = time.query_ms;
    if (!seen.insert(element.metric).second) {
      return Error{Errc::kInvalid, "vector contains metrics with the same labelset after applying rule labels"};
    }
  }
  if (limit > 0 && vector->size() > static_cast<std::size_t>(limit)) {
    return Error{Errc::kLimit, fmt::format("exceeded limit of {} with {} series", limit, vector->size())};
  }
  return vector;
}

RuleSnapshot RecordingRule::Snapshot() const {
  RuleSnapshot out = Rule::Snapshot();
  out.type = RuleType::kRecording;
  return out;
}

}  // namespace vigia::alerting
