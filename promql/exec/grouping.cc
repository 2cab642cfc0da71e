#include "promql/exec/grouping.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace vigia::promql {

std::vector<std::string> WithMetadataLabels(std::vector<std::string> labels) {
  labels.insert(labels.end(), MetadataLabels().begin(), MetadataLabels().end());
  std::ranges::sort(labels);
  labels.erase(std::unique(labels.begin(), labels.end()), labels.end());
  return labels;
}

storage::Result<Groups> MakeGroups(const QueryContext& context, const std::vector<SeriesInfo>& series, bool without,
                                   const std::vector<std::string>& labels) {
  Groups groups;
  groups.of_series.reserve(series.size());
  if (!without && labels.empty()) {
    groups.of_series.assign(series.size(), 0);
    if (!series.empty()) groups.series.emplace_back();
    return groups;
  }
  const std::vector<std::string> dropped = without ? WithMetadataLabels(labels) : std::vector<std::string>();
  std::unordered_map<std::string, std::uint32_t> ids;
  for (const SeriesInfo& info : series) {
    if (const storage::Status status = context.InterruptedAt(groups.of_series.size()); !status) return status.error();
    Labels key = without ? info.labels.Drop(dropped) : info.labels.Keep(labels);
    const auto [at, is_new] = ids.emplace(key.bytes(), static_cast<std::uint32_t>(groups.series.size()));
    if (is_new) groups.series.push_back({std::move(key), false});
    groups.of_series.push_back(at->second);
  }
  return groups;
}

}  // namespace vigia::promql
