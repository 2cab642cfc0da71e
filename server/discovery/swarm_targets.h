// Services, tasks and nodes of a Docker swarm as targets (Docker Engine API; Prometheus: dockerswarm_sd_config).
// Internal to the room.
#pragma once

#include "config/schema/docker_sd_config.h"
#include "server/discovery/docker_targets.h"
#include "server/discovery/json_view.h"
#include "server/discovery/target_group.h"

namespace vigia::server {

// One target for each node, at the configured port.
TargetGroup SwarmNodes(JsonView nodes, const config::DockerSwarmSdConfig& config);

// One target for each virtual address of a service and each TCP port that it publishes, or one at the configured port
// if it publishes none.
TargetGroup SwarmServices(JsonView services, JsonView networks, const config::DockerSwarmSdConfig& config);

// One target for each port that a task publishes on its node, and for each of its addresses in networks one for each
// TCP port that its service publishes, or one at the configured port if that publishes none.
TargetGroup SwarmTasks(JsonView tasks, JsonView services, JsonView nodes, JsonView networks,
                       const config::DockerSwarmSdConfig& config);

}  // namespace vigia::server
