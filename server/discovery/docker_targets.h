// Containers of a Docker engine as targets. Internal to the room.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "config/schema/docker_sd_config.h"
#include "server/discovery/json_view.h"
#include "server/discovery/target_group.h"
#include "storage/model/labels.h"

namespace vigia::server {

using LabelsById = std::map<std::string, storage::Labels, std::less<>>;

// The labels of each network of the list ("/networks"): `prefix` + "network_id" and so on.
LabelsById NetworkLabels(JsonView networks, std::string_view prefix);

// One target for each network and TCP port of a container ("/containers/json"), or for each network if it has none.
// With match_first_network only the first network by name. A container that uses the network of another has the other's
// networks and its own ports. Prometheus: docker_sd_config.
TargetGroup DockerTargets(JsonView containers, JsonView networks, const config::DockerSdConfig& config);

}  // namespace vigia::server
