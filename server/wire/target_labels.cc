#include "server/wire/target_labels.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace vigia::server {
namespace {

// What is nearer to the source comes first: the pods of a node send at times of their own. Only names of what has many
// series: one that tells each series from all others (device, sensor, client, id) would make a target of each.
constexpr std::array<std::string_view, 18> kSources{
    "pod",           "pod_name",      "k8s_pod_name", "k8s.pod.name", "host",      "hostname",
    "host_name",     "host.name",     "instance_id",  "node",         "node_name", "nodename",
    "k8s_node_name", "k8s.node.name", "machine",      "server",       "container", "container_name"};

}  // namespace

storage::Labels TargetLabelsOf(const storage::Labels& labels) {
  std::vector<std::string> names{"instance", "job"};
  if (!labels.Has("instance")) {
    const auto source =
        std::find_if(kSources.begin(), kSources.end(), [&](std::string_view name) { return labels.Has(name); });
    if (source != kSources.end()) names[0] = *source;
    std::sort(names.begin(), names.end());
  }
  return labels.Keep(names);
}

}  // namespace vigia::server
