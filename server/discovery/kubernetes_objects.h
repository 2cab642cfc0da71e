// Kubernetes' objects, as far as targets are made of them (Kubernetes API reference: core/v1, discovery.k8s.io/v1,
// networking.k8s.io/v1, apps/v1, batch/v1). What becomes labels is kept as labels: compact, and ready for use.
// Internal to the room.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/discovery/json_view.h"
#include "server/discovery/target_group.h"
#include "storage/model/labels.h"

namespace vigia::server {

enum class ObjectKind { kNode, kPod, kService, kEndpoints, kEndpointSlice, kIngress, kNamespace, kReplicaSet, kJob };
inline constexpr std::size_t kObjectKinds = 9;

// What an object belongs to and is steered by.
struct Controller {
  std::string kind;
  std::string name;
};

struct ContainerPort {
  std::string number;
  std::string name;
  std::string protocol;
};

struct Container {
  std::string name;
  std::string image;
  std::string id;
  bool init = false;
  std::vector<ContainerPort> ports;
};

struct Pod {
  std::string name_space;
  std::string name;
  std::string ip;  // "" while it starts, and after it was evicted.
  std::string node_name;
  Controller controller;
  storage::Labels labels;             // Of its own, without the namespace.
  std::vector<Container> containers;  // Those for initialisation last.
};

struct Node {
  TargetGroup group;         // Without targets if it has no address.
  storage::Labels attached;  // What targets on it are told: its name and labels.
};

struct Service {
  TargetGroup group;        // Its labels are those that endpoints of the service get, too.
  bool dual_stack = false;  // Has addresses of both families, and a slice of endpoints for each.
  std::string first_family;
};

// An address and port of Endpoints or of an EndpointSlice.
struct Endpoint {
  std::string port;  // "" if it has none.
  std::string node_name;
  std::string target_kind;
  std::string target_namespace;
  std::string target_name;
  storage::Labels labels;  // With __address__.
};

struct EndpointSet {
  std::string source;  // "endpoints/default/web"
  std::string name_space;
  std::string service;       // Name of its service.
  std::string address_type;  // Of a slice: IPv4, IPv6 or FQDN.
  storage::Labels labels;
  std::vector<Endpoint> endpoints;
};

struct Ingress {
  std::string name_space;
  TargetGroup group;
};

struct Namespace {
  storage::Labels attached;
};

// A ReplicaSet or Job.
struct Owner {
  Controller controller;
};

using KubernetesObject = std::variant<Node, Pod, Service, EndpointSet, Ingress, Namespace, Owner>;

// "namespace/name", or "name" where there are no namespaces; "" for what is no object.
std::string KeyOf(JsonView object);
std::string KeyOf(std::string_view name_space, std::string_view name);

KubernetesObject ParseObject(ObjectKind kind, JsonView object);

}  // namespace vigia::server
