#include "promql/exec/join_signatures.h"

#include <algorithm>

#include "promql/exec/grouping.h"

namespace vigia::promql {

JoinSignatures::JoinSignatures(const VectorMatching& matching) : on_(matching.on), labels_(matching.labels) {
  if (!on_) labels_ = WithMetadataLabels(std::move(labels_));
  std::ranges::sort(labels_);
}

Labels JoinSignatures::Project(const Labels& labels) const { return on_ ? labels.Keep(labels_) : labels.Drop(labels_); }

storage::Result<std::vector<std::uint32_t>> JoinSignatures::Of(const QueryContext& context,
                                                               const std::vector<SeriesInfo>& series) {
  std::vector<std::uint32_t> signatures;
  signatures.reserve(series.size());
  for (const SeriesInfo& info : series) {
    if (const storage::Status status = context.InterruptedAt(signatures.size()); !status) return status.error();
    const auto next = static_cast<std::uint32_t>(ids_.size());
    signatures.push_back(ids_.emplace(Project(info.labels).bytes(), next).first->second);
  }
  return signatures;
}

}  // namespace vigia::promql
