// Which group each series of an aggregation belongs to, and the labels of the groups.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "promql/exec/query_context.h"
#include "promql/exec/series_info.h"

namespace vigia::promql {

struct Groups {
  std::vector<SeriesInfo> series;        // One for each group, in the order of first appearance; no drop marks yet.
  std::vector<std::uint32_t> of_series;  // The group of each input series.
};

// by (labels) or without (labels), the latter also without the metric name. REQUIRES: `labels` sorted.
storage::Result<Groups> MakeGroups(const QueryContext& context, const std::vector<SeriesInfo>& series, bool without,
                                   const std::vector<std::string>& labels);

// `labels` and the metadata labels, sorted, unique.
std::vector<std::string> WithMetadataLabels(std::vector<std::string> labels);

}  // namespace vigia::promql
