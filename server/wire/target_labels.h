// Which labels of a pushed series name its target, that is: where it comes from. Storage keeps them once for all series
// of the target and expects that these are written together (storage/README.md, "Identity").
#pragma once

#include "storage/model/labels.h"

namespace vigia::server {

// `job` and `instance`. Series without `instance` have in its place the first label they have of this list: pod,
// pod_name, k8s_pod_name, k8s.pod.name, host, hostname, host_name, host.name, instance_id, node, node_name, nodename,
// k8s_node_name, k8s.node.name, machine, server, container, container_name. Empty when there is nothing of all that.
storage::Labels TargetLabelsOf(const storage::Labels& labels);

}  // namespace vigia::server
