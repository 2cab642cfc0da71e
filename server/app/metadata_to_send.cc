#include "server/app/metadata_to_send.h"

#include <string_view>
#include <unordered_set>

namespace vigia::server {

// The message counts the types in the same order (surface.md 1.9).
static_assert(static_cast<int>(MetricType::kCounter) == 1 && static_cast<int>(MetricType::kGauge) == 2 &&
              static_cast<int>(MetricType::kHistogram) == 3 && static_cast<int>(MetricType::kGaugeHistogram) == 4 &&
              static_cast<int>(MetricType::kSummary) == 5 && static_cast<int>(MetricType::kInfo) == 6 &&
              static_cast<int>(MetricType::kStateset) == 7);

std::vector<RemoteMetadata> MetadataToSend(const std::vector<TargetMetadata>& targets) {
  std::vector<RemoteMetadata> out;
  std::unordered_set<std::string_view> seen;
  for (const TargetMetadata& target : targets) {
    for (const MetricMetadata& metric : target.metadata) {
      if (!seen.insert(metric.metric).second) continue;
      out.push_back({metric.metric, static_cast<int>(metric.type), metric.help, metric.unit});
    }
  }
  return out;
}

}  // namespace vigia::server
