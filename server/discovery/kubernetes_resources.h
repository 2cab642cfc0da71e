// The names of Kubernetes' kinds of objects. Internal to the room.
#pragma once

#include <string>
#include <string_view>

#include "server/discovery/kubernetes_objects.h"

namespace vigia::server {

// "pods"
std::string_view ResourceName(ObjectKind kind);
// What Prometheus' metrics of events call it: "pod"; "" for kinds that they do not count.
std::string_view RoleName(ObjectKind kind);
// Where its objects are listed: "/api/v1/namespaces/default/pods"; those of all namespaces for "".
std::string ResourcePath(ObjectKind kind, std::string_view name_space);

}  // namespace vigia::server
