#include "server/discovery/kubernetes_labels.h"

#include <fmt/format.h>

#include "server/discovery/meta_labels.h"

namespace vigia::server {
namespace {

void AddPresent(JsonView entries, std::string_view what, std::string_view kind, storage::LabelsBuilder& labels) {
  for (const auto& entry : entries.entries()) {
    const std::string name = LabelNameOf(entry.key);
    labels.Set(fmt::format("__meta_kubernetes_{}_{}_{}", what, kind, name), JsonView(entry.value).text());
    labels.Set(fmt::format("__meta_kubernetes_{}_{}present_{}", what, kind, name), "true");
  }
}

}  // namespace

void AddObjectLabels(JsonView metadata, std::string_view what, storage::LabelsBuilder& labels) {
  AddPresent(metadata["labels"], what, "label", labels);
}

void AddObjectAnnotations(JsonView metadata, std::string_view what, storage::LabelsBuilder& labels) {
  AddPresent(metadata["annotations"], what, "annotation", labels);
}

void AddObjectMeta(JsonView metadata, std::string_view what, storage::LabelsBuilder& labels) {
  AddObjectLabels(metadata, what, labels);
  AddObjectAnnotations(metadata, what, labels);
  labels.Set(fmt::format("__meta_kubernetes_{}_name", what), metadata["name"].text());
}

}  // namespace vigia::server
