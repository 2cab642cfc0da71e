// How the API server of a cluster is reached. Internal to the room.
#pragma once

#include <string>

#include "config/schema/kubernetes_sd_config.h"
#include "server/http/client_options.h"
#include "storage/model/error.h"

namespace vigia::server {

struct KubernetesAccess {
  std::string base_url;  // Without a slash at its end.
  ClientOptions options;
  std::string own_namespace;  // Read only when own_namespace is set.
};

// What a pod is told of its cluster (Kubernetes: accessing the API from a pod).
struct PodSurroundings {
  std::string host;
  std::string port;
  std::string folder = "/var/run/secrets/kubernetes.io/serviceaccount";  // With token, ca.crt and namespace.

  static PodSurroundings OfThisProcess();  // From KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT.
};

// By api_server and the HTTP client block; or by the current context of kubeconfig_file; or by `surroundings`, whose
// token and certificates are read again for each request. kInvalid and kIo name what is missing; no error and no log
// shows a secret.
storage::Result<KubernetesAccess> AccessTo(const config::KubernetesSdConfig& config, const std::string& user_agent,
                                           const PodSurroundings& surroundings);

}  // namespace vigia::server
