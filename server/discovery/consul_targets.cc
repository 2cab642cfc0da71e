#include "server/discovery/consul_targets.h"

#include <algorithm>

#include "server/discovery/meta_labels.h"
#include "storage/model/labels.h"

namespace vigia::server {
namespace {

using storage::Labels;
using storage::LabelsBuilder;

// Of all checks the worst; maintenance beats all. "" of checks that are in no known state.
std::string_view AggregatedHealth(JsonView checks) {
  bool passing = true;
  bool warning = false;
  bool critical = false;
  for (const JsonView check : checks.items()) {
    const std::string_view id = check["CheckID"].text();
    if (id == "_node_maintenance" || id.starts_with("_service_maintenance:")) return "maintenance";
    const std::string_view status = check["Status"].text();
    critical = critical || status == "critical";
    warning = warning || status == "warning";
    passing = passing && (status == "passing" || status == "warning" || status == "critical");
  }
  if (!passing) return "";
  return critical ? "critical" : warning ? "warning" : "passing";
}

Labels InstanceLabels(JsonView instance, const config::ConsulSdConfig& config) {
  const JsonView node = instance["Node"];
  const JsonView service = instance["Service"];
  // Separators around the tags spare relabelling rules the first and the last.
  std::string tags = config.tag_separator;
  const auto& all = service["Tags"].items();
  for (const JsonView tag : all) tags += std::string(tag.text()) + config.tag_separator;
  if (all.empty()) tags += config.tag_separator;
  const std::string_view own = service["Address"].text();
  const std::string_view port = service["Port"].text().empty() ? "0" : service["Port"].text();
  LabelsBuilder labels;
  AddEntries(node["Meta"], "__meta_consul_metadata_", labels);
  AddEntries(service["Meta"], "__meta_consul_service_metadata_", labels);
  AddEntries(node["TaggedAddresses"], "__meta_consul_tagged_address_", labels);
  labels.Set("__address__", HostAndPort(own.empty() ? node["Address"].text() : own, port))
      .Set("__meta_consul_address", node["Address"].text())
      .Set("__meta_consul_node", node["Node"].text())
      .Set("__meta_consul_namespace", service["Namespace"].text())
      .Set("__meta_consul_partition", service["Partition"].text())
      .Set("__meta_consul_tags", tags)
      .Set("__meta_consul_service_address", own)
      .Set("__meta_consul_service_port", port)
      .Set("__meta_consul_service_id", service["ID"].text())
      .Set("__meta_consul_health", AggregatedHealth(instance["Checks"]));
  return labels.Build();
}

}  // namespace

TargetGroup ConsulTargets(const std::string& service, std::string_view datacenter, JsonView instances,
                          const config::ConsulSdConfig& config) {
  TargetGroup group;
  group.source = service;
  group.labels = Labels{{"__meta_consul_service", service}, {"__meta_consul_dc", datacenter}};
  for (const JsonView instance : instances.items()) group.targets.push_back(InstanceLabels(instance, config));
  return group;
}

bool IsWanted(std::string_view service, JsonView tags, const config::ConsulSdConfig& config) {
  const auto& names = config.services;
  if (!names.empty() && std::find(names.begin(), names.end(), service) == names.end()) return false;
  return std::all_of(config.tags.begin(), config.tags.end(), [&](const std::string& wanted) {
    return std::any_of(tags.items().begin(), tags.items().end(),
                       [&](const config::yaml::Node& tag) { return JsonView(tag).text() == wanted; });
  });
}

}  // namespace vigia::server
