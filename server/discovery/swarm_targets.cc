#include "server/discovery/swarm_targets.h"

#include <utility>

#include <fmt/format.h>

#include "server/discovery/meta_labels.h"

namespace vigia::server {
namespace {

using storage::Labels;
using storage::LabelsBuilder;
using ById = std::map<std::string_view, JsonView>;

constexpr const char* kSource = "DockerSwarm";

ById ByIdOf(JsonView list) {
  ById out;
  for (const JsonView one : list.items()) out[one["ID"].text()] = one;
  return out;
}

JsonView Find(const ById& all, std::string_view id) {
  const auto at = all.find(id);
  return at == all.end() ? JsonView() : at->second;
}

void Merge(const LabelsById& all, std::string_view id, LabelsBuilder& labels) {
  const auto known = all.find(id);
  if (known == all.end()) return;
  for (const storage::LabelView label : known->second) labels.Set(label.name, label.value);
}

// "10.0.1.5" of "10.0.1.5/24"; "" of nothing.
std::string_view WithoutMask(std::string_view address) { return address.substr(0, address.find('/')); }

// What every target is told of a node; `whole` adds what only targets of the node itself are.
enum class NodeDetail { kShared, kWhole };

void AddNode(JsonView node, NodeDetail detail, LabelsBuilder& labels) {
  const auto set = [&](std::string_view name, std::string_view value) {
    labels.Set(fmt::format("__meta_dockerswarm_node_{}", name), value);
  };
  AddEntries(node["Spec"]["Labels"], "__meta_dockerswarm_node_label_", labels);
  set("id", node["ID"].text());
  set("role", node["Spec"]["Role"].text());
  set("address", node["Status"]["Addr"].text());
  set("availability", node["Spec"]["Availability"].text());
  set("hostname", node["Description"]["Hostname"].text());
  set("platform_architecture", node["Description"]["Platform"]["Architecture"].text());
  set("platform_os", node["Description"]["Platform"]["OS"].text());
  set("status", node["Status"]["State"].text());
  if (detail == NodeDetail::kShared) return;
  set("engine_version", node["Description"]["Engine"]["EngineVersion"].text());
  const JsonView manager = node["ManagerStatus"];
  if (!manager) return;
  set("manager_leader", manager["Leader"].IsTrue() ? "true" : "false");
  set("manager_reachability", manager["Reachability"].text());
  set("manager_address", manager["Addr"].text());
}

void AddService(JsonView service, LabelsBuilder& labels) {
  const JsonView spec = service["Spec"];
  AddEntries(spec["Labels"], "__meta_dockerswarm_service_label_", labels);
  labels.Set("__meta_dockerswarm_service_id", service["ID"].text())
      .Set("__meta_dockerswarm_service_name", spec["Name"].text())
      .Set("__meta_dockerswarm_service_mode", spec["Mode"]["Global"]       ? "global"
                                              : spec["Mode"]["Replicated"] ? "replicated"
                                                                           : "");
}

void AddTask(JsonView task, LabelsBuilder& labels) {
  const JsonView status = task["Status"];
  AddEntries(task["Spec"]["ContainerSpec"]["Labels"], "__meta_dockerswarm_container_label_", labels);
  labels.Set("__meta_dockerswarm_task_id", task["ID"].text())
      .Set("__meta_dockerswarm_task_desired_state", task["DesiredState"].text())
      .Set("__meta_dockerswarm_task_state", status["State"].text())
      .Set("__meta_dockerswarm_task_slot", task["Slot"].text().empty() ? "0" : task["Slot"].text())
      .Set("__meta_dockerswarm_task_container_id", status["ContainerStatus"]["ContainerID"].text());
}

// A target at `ip` for each TCP port of `ports`, or one at the configured port. `add` gives it labels of the port.
template <class AddPort>
void AddTargets(std::string_view ip, JsonView ports, int fallback, const LabelsBuilder& labels, AddPort add,
                std::vector<Labels>& out) {
  bool added = false;
  for (const JsonView port : ports.items()) {
    if (port["Protocol"].text() != "tcp") continue;
    LabelsBuilder target = labels;
    add(port, target);
    const std::string_view published = port["PublishedPort"].text();
    out.push_back(target.Set("__address__", HostAndPort(ip, published.empty() ? "0" : published)).Build());
    added = true;
  }
  if (added) return;
  LabelsBuilder target = labels;
  out.push_back(target.Set("__address__", HostAndPort(ip, fmt::format("{}", fallback))).Build());
}

}  // namespace

TargetGroup SwarmNodes(JsonView nodes, const config::DockerSwarmSdConfig& config) {
  TargetGroup group;
  group.source = kSource;
  for (const JsonView node : nodes.items()) {
    LabelsBuilder labels;
    AddNode(node, NodeDetail::kWhole, labels);
    labels.Set("__address__", HostAndPort(node["Status"]["Addr"].text(), fmt::format("{}", config.port)));
    group.targets.push_back(labels.Build());
  }
  return group;
}

TargetGroup SwarmServices(JsonView services, JsonView networks, const config::DockerSwarmSdConfig& config) {
  const LabelsById network_labels = NetworkLabels(networks, "__meta_dockerswarm_");
  TargetGroup group;
  group.source = kSource;
  for (const JsonView service : services.items()) {
    const JsonView container = service["Spec"]["TaskTemplate"]["ContainerSpec"];
    LabelsBuilder common;
    AddService(service, common);
    common.Set("__meta_dockerswarm_service_task_container_hostname", container["Hostname"].text())
        .Set("__meta_dockerswarm_service_task_container_image", container["Image"].text())
        .Set("__meta_dockerswarm_service_updating_status", service["UpdateStatus"]["State"].text());
    const auto add = [](JsonView port, LabelsBuilder& target) {
      target.Set("__meta_dockerswarm_service_endpoint_port_name", port["Name"].text())
          .Set("__meta_dockerswarm_service_endpoint_port_publish_mode", port["PublishMode"].text());
    };
    for (const JsonView address : service["Endpoint"]["VirtualIPs"].items()) {
      const std::string_view ip = WithoutMask(address["Addr"].text());
      if (ip.empty()) continue;
      LabelsBuilder labels = common;
      Merge(network_labels, address["NetworkID"].text(), labels);
      AddTargets(ip, service["Endpoint"]["Ports"], config.port, labels, add, group.targets);
    }
  }
  return group;
}

TargetGroup SwarmTasks(JsonView tasks, JsonView services, JsonView nodes, JsonView networks,
                       const config::DockerSwarmSdConfig& config) {
  const LabelsById network_labels = NetworkLabels(networks, "__meta_dockerswarm_");
  const ById services_by_id = ByIdOf(services);
  const ById nodes_by_id = ByIdOf(nodes);
  const auto add_mode = [](JsonView port, LabelsBuilder& target) {
    target.Set("__meta_dockerswarm_task_port_publish_mode", port["PublishMode"].text());
  };
  TargetGroup group;
  group.source = kSource;
  for (const JsonView task : tasks.items()) {
    const JsonView service = Find(services_by_id, task["ServiceID"].text());
    const JsonView node = Find(nodes_by_id, task["NodeID"].text());
    LabelsBuilder common;
    AddTask(task, common);
    if (service) AddService(service, common);
    if (node) AddNode(node, NodeDetail::kShared, common);
    for (const JsonView port : task["Status"]["PortStatus"]["Ports"].items()) {
      if (port["Protocol"].text() != "tcp") continue;
      LabelsBuilder target = common;
      add_mode(port, target);
      target.Set("__address__", HostAndPort(node["Status"]["Addr"].text(), port["PublishedPort"].text()));
      group.targets.push_back(target.Build());
    }
    for (const JsonView attachment : task["NetworksAttachments"].items()) {
      LabelsBuilder labels = common;
      Merge(network_labels, attachment["Network"]["ID"].text(), labels);
      for (const JsonView address : attachment["Addresses"].items()) {
        const std::string_view ip = WithoutMask(address.text());
        if (!ip.empty()) AddTargets(ip, service["Endpoint"]["Ports"], config.port, labels, add_mode, group.targets);
      }
    }
  }
  return group;
}

}  // namespace vigia::server
