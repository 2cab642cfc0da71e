// Instances of a Consul service as targets. Internal to the room.
#pragma once

#include <string>
#include <string_view>

#include "config/schema/consul_sd_config.h"
#include "server/discovery/json_view.h"
#include "server/discovery/target_group.h"

namespace vigia::server {

// `instances`: the answer to /v1/health/service/<service>. Prometheus: consul_sd_config.
TargetGroup ConsulTargets(const std::string& service, std::string_view datacenter, JsonView instances,
                          const config::ConsulSdConfig& config);

// Whether a service of the catalogue is wanted: it is one of `services`, if any are named, and has all `tags`.
bool IsWanted(std::string_view service, JsonView tags, const config::ConsulSdConfig& config);

}  // namespace vigia::server
