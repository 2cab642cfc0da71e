#include "alerting/rules/rule_deps.h"

namespace vigia::alerting {

decltype(RuleDeps::last_samples) LastSamplesOf(const storage::Queryable& storage) {
  return [&storage](std::span<const storage::Matcher> matchers, storage::TimestampMs start_ms,
                    storage::TimestampMs end_ms) -> storage::Result<std::vector<LastSample>> {
    const auto querier = storage.NewQuerier(start_ms, end_ms);
    storage::SelectHints hints;
    hints.start_ms = start_ms;
    hints.end_ms = end_ms;
    const auto selection = querier->Select(hints, matchers);
    if (!selection) return selection.error();
    std::vector<LastSample> out;
    storage::ReadBuffer buffer;
    for (std::size_t i = 0; i < (*selection)->size(); ++i) {
      const auto samples = (*selection)->Read(i, buffer);
      if (!samples) return samples.error();
      if (!samples->t.empty()) out.push_back({(*selection)->labels(i), samples->t.back(), samples->v.back()});
    }
    return out;
  };
}

}  // namespace vigia::alerting
