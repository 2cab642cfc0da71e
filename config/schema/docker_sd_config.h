// Targets from a Docker engine: its containers, or the services, tasks and nodes of its swarm (surface.md 3.4).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "config/schema/http_client_config.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

// Narrows a list on the engine's side: a value is enough for its filter, all filters must match.
struct DockerFilter {
  std::string name;
  std::vector<std::string> values;

  bool operator==(const DockerFilter&) const = default;
};

struct DockerSdConfig {
  HttpClientConfig http;  // For http:// and https:// hosts only, as in Prometheus.
  std::string host;       // unix://, tcp://, http:// or https://.
  int port = 80;          // Of containers that expose none.
  std::vector<DockerFilter> filters;
  std::string host_networking_host = "localhost";  // Address of containers in the host's network.
  storage::DurationMs refresh_interval_ms = 60'000;
  bool match_first_network = true;  // Of a container's networks only the first by name.

  bool operator==(const DockerSdConfig&) const = default;
};

enum class SwarmRole { kNone, kServices, kTasks, kNodes };
std::string_view ToString(SwarmRole role);

struct DockerSwarmSdConfig {
  HttpClientConfig http;
  std::string host;
  SwarmRole role = SwarmRole::kNone;  // Never kNone in a loaded configuration.
  int port = 80;                      // Of nodes, and of services and tasks that publish none.
  std::vector<DockerFilter> filters;
  storage::DurationMs refresh_interval_ms = 60'000;

  bool operator==(const DockerSwarmSdConfig&) const = default;
};

}  // namespace vigia::config
