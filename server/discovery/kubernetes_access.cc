#include "server/discovery/kubernetes_access.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "server/discovery/client_config.h"
#include "server/discovery/kubeconfig.h"
#include "server/discovery/meta_labels.h"
#include "server/http/url.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

std::string FromEnvironment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

Result<std::string> OwnNamespace(const std::string& folder) {
  std::ifstream in(folder + "/namespace", std::ios::binary);
  if (!in) return Error{Errc::kIo, "could not determine the pod's namespace: unable to read " + folder + "/namespace"};
  std::string name(std::istreambuf_iterator<char>(in), {});
  name.erase(name.find_last_not_of(" \t\r\n") + 1);
  if (name.empty()) return Error{Errc::kInvalid, "could not read own namespace name (empty file)"};
  return name;
}

Result<KubernetesAccess> FromPod(const config::KubernetesSdConfig& config, const std::string& user_agent,
                                 const PodSurroundings& surroundings) {
  if (surroundings.host.empty() || surroundings.port.empty()) {
    return Error{Errc::kInvalid,
                 "unable to load in-cluster configuration, KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT must be "
                 "defined"};
  }
  KubernetesAccess access;
  access.base_url = "https://" + HostAndPort(surroundings.host, surroundings.port);
  access.options.user_agent = user_agent;
  access.options.authorization = AuthorizationOptions{"Bearer", "", surroundings.folder + "/token"};
  access.options.tls.ca_file = surroundings.folder + "/ca.crt";
  if (!config.namespaces.own_namespace) return access;
  auto own = OwnNamespace(surroundings.folder);
  if (!own) return own.error();
  access.own_namespace = *std::move(own);
  return access;
}

}  // namespace

PodSurroundings PodSurroundings::OfThisProcess() {
  PodSurroundings out;
  out.host = FromEnvironment("KUBERNETES_SERVICE_HOST");
  out.port = FromEnvironment("KUBERNETES_SERVICE_PORT");
  return out;
}

Result<KubernetesAccess> AccessTo(const config::KubernetesSdConfig& config, const std::string& user_agent,
                                  const PodSurroundings& surroundings) {
  Result<KubernetesAccess> access = KubernetesAccess();
  if (!config.kubeconfig_file.empty()) {
    access = FromKubeconfig(config.kubeconfig_file, user_agent);
  } else if (config.api_server.empty()) {
    access = FromPod(config, user_agent, surroundings);
  } else {
    auto options = ToClientOptions(config.http, user_agent);
    if (!options) return options.error();
    access->base_url = config.api_server;
    access->options = *std::move(options);
  }
  if (!access) return access;
  access->base_url.erase(access->base_url.find_last_not_of('/') + 1);
  if (const auto url = ParseUrl(access->base_url); !url) return Prefixed(url.error(), "API server");
  return access;
}

}  // namespace vigia::server
