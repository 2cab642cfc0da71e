#include "server/discovery/docker_targets.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "server/discovery/meta_labels.h"

namespace vigia::server {
namespace {

using storage::Labels;
using storage::LabelsBuilder;

using ContainersById = std::map<std::string_view, JsonView>;
using Networks = std::vector<std::pair<std::string_view, JsonView>>;  // By name.

constexpr std::string_view kContainerMode = "container:";

std::string_view ModeOf(JsonView container) { return container["HostConfig"]["NetworkMode"].text(); }

Networks NetworksOf(JsonView container) {
  Networks out;
  for (const auto& entry : container["NetworkSettings"]["Networks"].entries()) {
    if (JsonView(entry.value)) out.emplace_back(entry.key, entry.value);
  }
  return out;
}

// Of the container, or of the one whose network it uses, or of the one whose network that uses, …
Networks EffectiveNetworks(JsonView container, const ContainersById& all) {
  Networks networks = NetworksOf(container);
  std::string_view mode = ModeOf(container);
  // No container is passed twice on a way that leads somewhere.
  for (std::size_t hops = 0; networks.empty() && mode.starts_with(kContainerMode) && hops < all.size(); ++hops) {
    const auto other = all.find(mode.substr(kContainerMode.size()));
    if (other == all.end()) break;
    networks = NetworksOf(other->second);
    mode = ModeOf(other->second);
  }
  return networks;
}

void OnlyFirst(Networks& networks) {
  if (networks.size() < 2) return;
  const auto first = std::min_element(networks.begin(), networks.end(),
                                      [](const auto& a, const auto& b) { return a.first < b.first; });
  networks = {*first};
}

Labels ContainerLabels(JsonView container) {
  LabelsBuilder labels;
  AddEntries(container["Labels"], "__meta_docker_container_label_", labels);
  labels.Set("__meta_docker_container_id", container["Id"].text())
      .Set("__meta_docker_container_name", JsonView(container["Names"].items().front()).text())
      .Set("__meta_docker_container_image", container["Image"].text())
      .Set("__meta_docker_container_image_id", container["ImageID"].text())
      .Set("__meta_docker_container_network_mode", ModeOf(container));
  return labels.Build();
}

std::string_view AddressIn(JsonView network) {
  const std::string_view ipv4 = network["IPAddress"].text();
  return ipv4.empty() ? network["GlobalIPv6Address"].text() : ipv4;
}

// The targets of one container in one network.
void AddTargets(JsonView container, const Labels& labels, std::string_view ip, const config::DockerSdConfig& config,
                std::vector<Labels>& out) {
  LabelsBuilder base(labels);
  base.Set("__meta_docker_network_ip", ip);
  bool added = false;
  for (const JsonView port : container["Ports"].items()) {
    if (port["Type"].text() != "tcp") continue;
    LabelsBuilder target = base;
    const std::string_view number = port["PrivatePort"].text();
    target.Set("__address__", HostAndPort(ip, number)).Set("__meta_docker_port_private", number);
    if (const std::string_view published = port["PublicPort"].text(); !published.empty() && published != "0") {
      target.Set("__meta_docker_port_public", published).Set("__meta_docker_port_public_ip", port["IP"].text());
    }
    out.push_back(target.Build());
    added = true;
  }
  if (added) return;
  const bool in_host = ModeOf(container) == "host";
  base.Set("__address__", in_host ? config.host_networking_host : HostAndPort(ip, fmt::format("{}", config.port)));
  out.push_back(base.Build());
}

}  // namespace

LabelsById NetworkLabels(JsonView networks, std::string_view prefix) {
  LabelsById out;
  for (const JsonView network : networks.items()) {
    LabelsBuilder labels;
    const auto set = [&](std::string_view name, std::string_view value) {
      labels.Set(fmt::format("{}network_{}", prefix, name), value);
    };
    AddEntries(network["Labels"], fmt::format("{}network_label_", prefix), labels);
    set("id", network["Id"].text());
    set("name", network["Name"].text());
    set("scope", network["Scope"].text());
    set("internal", network["Internal"].IsTrue() ? "true" : "false");
    set("ingress", network["Ingress"].IsTrue() ? "true" : "false");
    out[std::string(network["Id"].text())] = labels.Build();
  }
  return out;
}

TargetGroup DockerTargets(JsonView containers, JsonView networks, const config::DockerSdConfig& config) {
  const LabelsById network_labels = NetworkLabels(networks, "__meta_docker_");
  ContainersById all;
  for (const JsonView container : containers.items()) all[container["Id"].text()] = container;
  TargetGroup group;
  group.source = "Docker";
  for (const JsonView container : containers.items()) {
    if (container["Names"].items().empty()) continue;
    const Labels common = ContainerLabels(container);
    Networks used = EffectiveNetworks(container, all);
    if (config.match_first_network) OnlyFirst(used);
    for (const auto& [name, network] : used) {
      LabelsBuilder labels(common);
      if (const auto known = network_labels.find(network["NetworkID"].text()); known != network_labels.end()) {
        for (const storage::LabelView label : known->second) labels.Set(label.name, label.value);
      }
      AddTargets(container, labels.Build(), AddressIn(network), config, group.targets);
    }
  }
  return group;
}

}  // namespace vigia::server
