// Files that tell kubectl and others of clusters (Kubernetes: kubeconfig, v1). Internal to the room.
#pragma once

#include <string>

#include "server/discovery/kubernetes_access.h"
#include "storage/model/error.h"

namespace vigia::server {

// The cluster and the user of the current context. Certificates, keys and tokens may stand in the file or in files of
// their own, whose paths are seen from the folder of this one and which are read for each request. Users whose
// credentials come from a program (exec) or a plugin (auth-provider) are kInvalid: nothing here would run them.
storage::Result<KubernetesAccess> FromKubeconfig(const std::string& path, const std::string& user_agent);

}  // namespace vigia::server
