// Labels that say what is written on an object of Kubernetes. Internal to the room.
#pragma once

#include <string_view>

#include "server/discovery/json_view.h"
#include "server/discovery/kubernetes_objects.h"
#include "storage/model/labels.h"

namespace vigia::server {

// __meta_kubernetes_<what>_label_<name> and _labelpresent_<name> of each label.
void AddObjectLabels(JsonView metadata, std::string_view what, storage::LabelsBuilder& labels);
// The same of each annotation.
void AddObjectAnnotations(JsonView metadata, std::string_view what, storage::LabelsBuilder& labels);
// Both, and __meta_kubernetes_<what>_name.
void AddObjectMeta(JsonView metadata, std::string_view what, storage::LabelsBuilder& labels);

EndpointSet ParseEndpoints(JsonView object);
EndpointSet ParseEndpointSlice(JsonView object);

}  // namespace vigia::server
