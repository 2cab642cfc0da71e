// What an operator says about a series before it reads a sample of it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/model/labels.h"

namespace vigia::promql {

using storage::Labels;

struct SeriesInfo {
  Labels labels;
  bool drop_name = false;  // Delayed removal: the metric name goes when the query is done.
};

using SeriesId = std::uint32_t;  // Dense, from 0, within one operator.

// What a growing vector of such takes for it.
inline std::uint64_t BytesInVector(const SeriesInfo& info) {
  return 2 * sizeof(SeriesInfo) + info.labels.bytes().capacity();
}

// __name__, __type__ and __unit__ go together (surface.md 4.4).
const std::vector<std::string>& MetadataLabels();
bool IsMetadataLabel(std::string_view name);
Labels WithoutMetadata(const Labels& labels);

}  // namespace vigia::promql
