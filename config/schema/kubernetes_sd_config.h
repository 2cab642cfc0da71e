// Targets from the objects of a Kubernetes cluster (surface.md 3.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/schema/http_client_config.h"

namespace vigia::config {

enum class KubernetesRole { kNone, kNode, kPod, kService, kEndpoints, kEndpointSlice, kIngress };
std::string_view ToString(KubernetesRole role);

struct KubernetesNamespaces {
  bool own_namespace = false;  // Also the one that this server runs in.
  std::vector<std::string> names;

  bool operator==(const KubernetesNamespaces&) const = default;
};

// Narrows what the API server sends, in its own notation.
struct KubernetesSelector {
  KubernetesRole role = KubernetesRole::kNone;
  std::string label;
  std::string field;

  bool operator==(const KubernetesSelector&) const = default;
};

// Further objects that are watched, so that what is known of them can be attached to targets.
struct KubernetesAttachMetadata {
  bool node = false;
  bool name_space = false;
  bool deployment = false;
  bool job = false;
  bool cronjob = false;

  bool operator==(const KubernetesAttachMetadata&) const = default;
};

// The API server is found by api_server and `http`, or by kubeconfig_file, or else by what a pod's service account has.
struct KubernetesSdConfig {
  std::string api_server;
  KubernetesRole role = KubernetesRole::kNone;  // Never kNone in a loaded configuration.
  std::string kubeconfig_file;                  // Resolved.
  HttpClientConfig http;
  KubernetesNamespaces namespaces;            // None: all.
  std::vector<KubernetesSelector> selectors;  // One of a role at most.
  KubernetesAttachMetadata attach_metadata;

  bool operator==(const KubernetesSdConfig&) const = default;
};

}  // namespace vigia::config
