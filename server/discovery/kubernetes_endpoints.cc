#include <utility>

#include <fmt/format.h>

#include "server/discovery/kubernetes_labels.h"
#include "server/discovery/meta_labels.h"

namespace vigia::server {
namespace {

using storage::LabelsBuilder;

constexpr std::string_view kServiceName = "kubernetes.io/service-name";

void SetTarget(JsonView reference, Endpoint& endpoint) {
  endpoint.target_kind = reference["kind"].text();
  endpoint.target_namespace = reference["namespace"].text();
  endpoint.target_name = reference["name"].text();
}

EndpointSet SetOf(JsonView object, std::string_view what) {
  const JsonView metadata = object["metadata"];
  EndpointSet set;
  set.name_space = metadata["namespace"].text();
  set.source = fmt::format("{}/{}", what, KeyOf(object));
  LabelsBuilder labels;
  AddObjectMeta(metadata, what, labels);
  set.labels = labels.Set("__meta_kubernetes_namespace", set.name_space).Build();
  return set;
}

Endpoint OfAddress(JsonView address, JsonView port, std::string_view ready) {
  Endpoint endpoint;
  endpoint.port = port["port"].text();
  endpoint.node_name = address["nodeName"].text();
  SetTarget(address["targetRef"], endpoint);
  LabelsBuilder labels;
  labels.Set("__address__", HostAndPort(address["ip"].text(), endpoint.port))
      .Set("__meta_kubernetes_endpoint_port_name", port["name"].text())
      .Set("__meta_kubernetes_endpoint_port_protocol", port["protocol"].text())
      .Set("__meta_kubernetes_endpoint_ready", ready)
      .Set("__meta_kubernetes_endpoint_address_target_kind", endpoint.target_kind)
      .Set("__meta_kubernetes_endpoint_address_target_name", endpoint.target_name)
      .Set("__meta_kubernetes_endpoint_node_name", endpoint.node_name)
      .Set("__meta_kubernetes_endpoint_hostname", address["hostname"].text());
  endpoint.labels = labels.Build();
  return endpoint;
}

Endpoint OfSlice(std::string_view address, JsonView one, JsonView port) {
  constexpr std::string_view kPrefix = "__meta_kubernetes_endpointslice_";
  Endpoint endpoint;
  endpoint.port = port["port"].text();
  endpoint.node_name = one["nodeName"].text();
  SetTarget(one["targetRef"], endpoint);
  LabelsBuilder labels;
  const auto set = [&](std::string_view name, std::string_view value) {
    labels.Set(std::string(kPrefix) + std::string(name), value);
  };
  labels.Set("__address__", endpoint.port.empty() ? std::string(address) : HostAndPort(address, endpoint.port));
  set("port_name", port["name"].text());
  set("port_protocol", port["protocol"].text());
  set("port", endpoint.port);
  set("port_app_protocol", port["appProtocol"].text());
  for (const std::string_view condition : {"ready", "serving", "terminating"}) {
    set(fmt::format("endpoint_conditions_{}", condition), one["conditions"][condition].text());
  }
  set("endpoint_hostname", one["hostname"].text());
  set("address_target_kind", endpoint.target_kind);
  set("address_target_name", endpoint.target_name);
  set("endpoint_node_name", endpoint.node_name);
  set("endpoint_zone", one["zone"].text());
  for (const auto& entry : one["deprecatedTopology"].entries()) {
    const std::string name = LabelNameOf(entry.key);
    set("endpoint_topology_" + name, JsonView(entry.value).text());
    set("endpoint_topology_present_" + name, "true");
  }
  endpoint.labels = labels.Build();
  return endpoint;
}

}  // namespace

EndpointSet ParseEndpoints(JsonView object) {
  EndpointSet set = SetOf(object, "endpoints");
  set.service = object["metadata"]["name"].text();
  for (const JsonView subset : object["subsets"].items()) {
    for (const JsonView port : subset["ports"].items()) {
      for (const JsonView address : subset["addresses"].items()) {
        set.endpoints.push_back(OfAddress(address, port, "true"));
      }
      for (const JsonView address : subset["notReadyAddresses"].items()) {
        set.endpoints.push_back(OfAddress(address, port, "false"));
      }
    }
  }
  return set;
}

EndpointSet ParseEndpointSlice(JsonView object) {
  EndpointSet set = SetOf(object, "endpointslice");
  set.service = object["metadata"]["labels"][kServiceName].text();
  set.address_type = object["addressType"].text();
  set.labels = LabelsBuilder(set.labels).Set("__meta_kubernetes_endpointslice_address_type", set.address_type).Build();
  for (const JsonView one : object["endpoints"].items()) {
    for (const JsonView port : object["ports"].items()) {
      for (const JsonView address : one["addresses"].items()) {
        set.endpoints.push_back(OfSlice(address.text(), one, port));
      }
    }
  }
  return set;
}

}  // namespace vigia::server
