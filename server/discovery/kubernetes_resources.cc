#include "server/discovery/kubernetes_resources.h"

#include <fmt/format.h>

#include "server/http/url.h"

namespace vigia::server {
namespace {

std::string_view GroupPath(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kNode:
    case ObjectKind::kPod:
    case ObjectKind::kService:
    case ObjectKind::kEndpoints:
    case ObjectKind::kNamespace: return "/api/v1";
    case ObjectKind::kEndpointSlice: return "/apis/discovery.k8s.io/v1";
    case ObjectKind::kIngress: return "/apis/networking.k8s.io/v1";
    case ObjectKind::kReplicaSet: return "/apis/apps/v1";
    case ObjectKind::kJob: return "/apis/batch/v1";
  }
  return "";
}

}  // namespace

std::string_view ResourceName(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kNode: return "nodes";
    case ObjectKind::kPod: return "pods";
    case ObjectKind::kService: return "services";
    case ObjectKind::kEndpoints: return "endpoints";
    case ObjectKind::kEndpointSlice: return "endpointslices";
    case ObjectKind::kIngress: return "ingresses";
    case ObjectKind::kNamespace: return "namespaces";
    case ObjectKind::kReplicaSet: return "replicasets";
    case ObjectKind::kJob: return "jobs";
  }
  return "";
}

std::string_view RoleName(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::kNode: return "node";
    case ObjectKind::kPod: return "pod";
    case ObjectKind::kService: return "service";
    case ObjectKind::kEndpoints: return "endpoints";
    case ObjectKind::kEndpointSlice: return "endpointslice";
    case ObjectKind::kIngress: return "ingress";
    case ObjectKind::kNamespace:
    case ObjectKind::kReplicaSet:
    case ObjectKind::kJob: return "";
  }
  return "";
}

std::string ResourcePath(ObjectKind kind, std::string_view name_space) {
  if (name_space.empty()) return fmt::format("{}/{}", GroupPath(kind), ResourceName(kind));
  return fmt::format("{}/namespaces/{}/{}", GroupPath(kind), PercentEncode(name_space), ResourceName(kind));
}

}  // namespace vigia::server
