#include "promql/exec/series_info.h"

#include <algorithm>

namespace vigia::promql {

const std::vector<std::string>& MetadataLabels() {
  static const std::vector<std::string> kLabels = {"__name__", "__type__", "__unit__"};
  return kLabels;
}

bool IsMetadataLabel(std::string_view name) {
  return std::ranges::find(MetadataLabels(), name) != MetadataLabels().end();
}

Labels WithoutMetadata(const Labels& labels) {
  // They sort before all names that do not start with an underscore: usually one look is enough.
  for (const storage::LabelView label : labels) {
    if (IsMetadataLabel(label.name)) return labels.Drop(MetadataLabels());
    if (label.name > "__unit__") break;
  }
  return labels;
}

}  // namespace vigia::promql
