#include "server/discovery/kubernetes_objects.h"

#include <algorithm>
#include <array>
#include <utility>

#include <arpa/inet.h>
#include <fmt/format.h>

#include "server/discovery/kubernetes_labels.h"
#include "server/discovery/meta_labels.h"

namespace vigia::server {
namespace {

using storage::Labels;
using storage::LabelsBuilder;

Controller ControllerOf(JsonView metadata) {
  for (const JsonView owner : metadata["ownerReferences"].items()) {
    if (owner["controller"].IsTrue()) {
      return Controller{std::string(owner["kind"].text()), std::string(owner["name"].text())};
    }
  }
  return {};
}

std::string Lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return out;
}

std::string ReadyOf(JsonView pod) {
  for (const JsonView condition : pod["status"]["conditions"].items()) {
    if (condition["type"].text() == "Ready") return Lower(condition["status"].text());
  }
  return "unknown";
}

// The first address of each family.
void AddPodAddresses(JsonView status, LabelsBuilder& labels) {
  for (const JsonView entry : status["podIPs"].items()) {
    const std::string ip(entry["ip"].text());
    std::array<unsigned char, 16> bytes{};
    if (::inet_pton(AF_INET, ip.c_str(), bytes.data()) == 1) {
      if (labels.Get("__meta_kubernetes_pod_ipv4").empty()) labels.Set("__meta_kubernetes_pod_ipv4", ip);
    } else if (::inet_pton(AF_INET6, ip.c_str(), bytes.data()) == 1) {
      if (labels.Get("__meta_kubernetes_pod_ipv6").empty()) labels.Set("__meta_kubernetes_pod_ipv6", ip);
    }
  }
}

void AddContainers(JsonView containers, JsonView statuses, bool init, std::vector<Container>& out) {
  for (const JsonView one : containers.items()) {
    Container container{std::string(one["name"].text()), std::string(one["image"].text()), "", init, {}};
    for (const JsonView status : statuses.items()) {
      if (status["name"].text() == container.name) container.id = status["containerID"].text();
    }
    for (const JsonView port : one["ports"].items()) {
      container.ports.push_back({std::string(port["containerPort"].text()), std::string(port["name"].text()),
                                 std::string(port["protocol"].text())});
    }
    out.push_back(std::move(container));
  }
}

Pod ParsePod(JsonView object) {
  const JsonView metadata = object["metadata"];
  const JsonView status = object["status"];
  Pod pod;
  pod.name_space = metadata["namespace"].text();
  pod.name = metadata["name"].text();
  pod.ip = status["podIP"].text();
  pod.node_name = object["spec"]["nodeName"].text();
  pod.controller = ControllerOf(metadata);
  LabelsBuilder labels;
  AddObjectMeta(metadata, "pod", labels);
  AddPodAddresses(status, labels);
  labels.Set("__meta_kubernetes_pod_ip", pod.ip)
      .Set("__meta_kubernetes_pod_ready", ReadyOf(object))
      .Set("__meta_kubernetes_pod_phase", status["phase"].text())
      .Set("__meta_kubernetes_pod_node_name", pod.node_name)
      .Set("__meta_kubernetes_pod_host_ip", status["hostIP"].text())
      .Set("__meta_kubernetes_pod_uid", metadata["uid"].text())
      .Set("__meta_kubernetes_pod_controller_kind", pod.controller.kind)
      .Set("__meta_kubernetes_pod_controller_name", pod.controller.name);
  pod.labels = labels.Build();
  AddContainers(object["spec"]["containers"], status["containerStatuses"], false, pod.containers);
  AddContainers(object["spec"]["initContainers"], status["initContainerStatuses"], true, pod.containers);
  return pod;
}

// The first address of each type, and the best of all for a scrape.
std::string AddNodeAddresses(JsonView addresses, LabelsBuilder& target) {
  constexpr std::array<std::string_view, 6> kBestFirst{"InternalIP",  "InternalDNS",  "ExternalIP",
                                                       "ExternalDNS", "LegacyHostIP", "Hostname"};
  std::string best;
  std::size_t rank = kBestFirst.size();
  for (const JsonView entry : addresses.items()) {
    const std::string_view type = entry["type"].text();
    const std::string label = "__meta_kubernetes_node_address_" + LabelNameOf(type);
    if (!target.Get(label).empty()) continue;
    target.Set(label, entry["address"].text());
    const auto at = std::find(kBestFirst.begin(), kBestFirst.end(), type);
    const auto own_rank = static_cast<std::size_t>(at - kBestFirst.begin());
    if (own_rank >= rank) continue;
    rank = own_rank;
    best = entry["address"].text();
  }
  return best;
}

Node ParseNode(JsonView object) {
  const JsonView metadata = object["metadata"];
  const JsonView status = object["status"];
  const std::string name(metadata["name"].text());
  Node node;
  LabelsBuilder labels;
  AddObjectMeta(metadata, "node", labels);
  for (const JsonView condition : status["conditions"].items()) {
    labels.Set("__meta_kubernetes_node_condition_" + LabelNameOf(Lower(condition["type"].text())),
               Lower(condition["status"].text()));
  }
  labels.Set("__meta_kubernetes_node_provider_id", object["spec"]["providerID"].text());
  node.group.source = "node/" + name;
  node.group.labels = labels.Build();
  LabelsBuilder attached;
  AddObjectLabels(metadata, "node", attached);
  node.attached = attached.Set("__meta_kubernetes_node_name", name).Build();
  LabelsBuilder target;
  const std::string address = AddNodeAddresses(status["addresses"], target);
  const std::string_view port = status["daemonEndpoints"]["kubeletEndpoint"]["Port"].text();
  if (address.empty()) return node;
  target.Set("__address__", HostAndPort(address, port.empty() ? "0" : port)).Set("instance", name);
  node.group.targets.push_back(target.Build());
  return node;
}

Service ParseService(JsonView object) {
  const JsonView metadata = object["metadata"];
  const JsonView spec = object["spec"];
  const std::string name(metadata["name"].text());
  const std::string name_space(metadata["namespace"].text());
  Service service;
  LabelsBuilder labels;
  AddObjectMeta(metadata, "service", labels);
  service.group.source = "svc/" + KeyOf(name_space, name);
  service.group.labels = labels.Set("__meta_kubernetes_namespace", name_space).Build();
  const std::string_view policy = spec["ipFamilyPolicy"].text();
  service.dual_stack = policy == "PreferDualStack" || policy == "RequireDualStack";
  if (!spec["ipFamilies"].items().empty()) service.first_family = spec["ipFamilies"].items().front().text;
  const std::string_view type = spec["type"].text();
  for (const JsonView port : spec["ports"].items()) {
    LabelsBuilder target;
    target.Set("__address__", HostAndPort(fmt::format("{}.{}.svc", name, name_space), port["port"].text()))
        .Set("__meta_kubernetes_service_port_name", port["name"].text())
        .Set("__meta_kubernetes_service_port_number", port["port"].text())
        .Set("__meta_kubernetes_service_port_protocol", port["protocol"].text())
        .Set("__meta_kubernetes_service_type", type);
    if (type == "ExternalName") {
      target.Set("__meta_kubernetes_service_external_name", spec["externalName"].text());
    } else {
      target.Set("__meta_kubernetes_service_cluster_ip", spec["clusterIP"].text());
    }
    if (type == "LoadBalancer") {
      target.Set("__meta_kubernetes_service_loadbalancer_ip", spec["loadBalancerIP"].text());
    }
    service.group.targets.push_back(target.Build());
  }
  return service;
}

// Whether `pattern` is `host`, or has a star where `host` has its first part.
bool MatchesHost(std::string_view pattern, std::string_view host) {
  if (pattern == host) return true;
  const std::size_t dot = host.find('.');
  return pattern.starts_with("*.") && dot != std::string_view::npos && pattern.substr(1) == host.substr(dot);
}

Ingress ParseIngress(JsonView object) {
  const JsonView metadata = object["metadata"];
  const JsonView spec = object["spec"];
  Ingress ingress;
  ingress.name_space = metadata["namespace"].text();
  LabelsBuilder labels;
  AddObjectMeta(metadata, "ingress", labels);
  labels.Set("__meta_kubernetes_namespace", ingress.name_space)
      .Set("__meta_kubernetes_ingress_class_name", spec["ingressClassName"].text());
  ingress.group.source = "ingress/" + KeyOf(object);
  ingress.group.labels = labels.Build();
  for (const JsonView rule : spec["rules"].items()) {
    const std::string_view host = rule["host"].text();
    bool encrypted = false;
    for (const JsonView tls : spec["tls"].items()) {
      for (const JsonView pattern : tls["hosts"].items()) encrypted = encrypted || MatchesHost(pattern.text(), host);
    }
    const auto add = [&](std::string_view path) {
      ingress.group.targets.push_back(Labels{{"__address__", host},
                                             {"__meta_kubernetes_ingress_scheme", encrypted ? "https" : "http"},
                                             {"__meta_kubernetes_ingress_host", host},
                                             {"__meta_kubernetes_ingress_path", path.empty() ? "/" : path}});
    };
    if (!rule["http"]) add("/");
    for (const JsonView path : rule["http"]["paths"].items()) add(path["path"].text());
  }
  return ingress;
}

Namespace ParseNamespace(JsonView object) {
  LabelsBuilder attached;
  AddObjectLabels(object["metadata"], "namespace", attached);
  AddObjectAnnotations(object["metadata"], "namespace", attached);
  return Namespace{attached.Build()};
}

}  // namespace

std::string KeyOf(std::string_view name_space, std::string_view name) { return fmt::format("{}/{}", name_space, name); }

std::string KeyOf(JsonView object) {
  const std::string_view name_space = object["metadata"]["namespace"].text();
  const std::string_view name = object["metadata"]["name"].text();
  return name_space.empty() || name.empty() ? std::string(name) : KeyOf(name_space, name);
}

KubernetesObject ParseObject(ObjectKind kind, JsonView object) {
  switch (kind) {
    case ObjectKind::kNode: return ParseNode(object);
    case ObjectKind::kPod: return ParsePod(object);
    case ObjectKind::kService: return ParseService(object);
    case ObjectKind::kEndpoints: return ParseEndpoints(object);
    case ObjectKind::kEndpointSlice: return ParseEndpointSlice(object);
    case ObjectKind::kIngress: return ParseIngress(object);
    case ObjectKind::kNamespace: return ParseNamespace(object);
    case ObjectKind::kReplicaSet:
    case ObjectKind::kJob: return Owner{ControllerOf(object["metadata"])};
  }
  return Owner{};
}

}  // namespace vigia::server
