// Where targets come from: groups written in the file, and the discovery mechanisms that yield such groups while the
// server runs (surface.md 3.4).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/consul_sd_config.h"
#include "config/schema/docker_sd_config.h"
#include "config/schema/http_client_config.h"
#include "config/schema/kubernetes_sd_config.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

struct TargetGroup {
  std::vector<std::string> targets;  // Values of __address__.
  storage::Labels labels;            // Added to each target.

  bool operator==(const TargetGroup&) const = default;
};

struct FileSdConfig {
  std::vector<std::string> files;  // Resolved patterns that end in .json, .yml or .yaml; `*` only in the last segment.
  storage::DurationMs refresh_interval_ms = 300'000;

  bool operator==(const FileSdConfig&) const = default;
};

struct HttpSdConfig {
  std::string url;  // http or https with a host. May hold a password: show it through RedactedUrl().
  storage::DurationMs refresh_interval_ms = 60'000;
  HttpClientConfig http;

  bool operator==(const HttpSdConfig&) const = default;
};

enum class DnsType { kSrv, kA, kAaaa, kMx, kNs };
std::string_view ToString(DnsType type);

struct DnsSdConfig {
  std::vector<std::string> names;
  storage::DurationMs refresh_interval_ms = 30'000;
  DnsType type = DnsType::kSrv;
  int port = 0;  // Set for all types but SRV, whose records carry the port.

  bool operator==(const DnsSdConfig&) const = default;
};

struct DiscoveryConfig {
  std::vector<TargetGroup> static_configs;
  std::vector<FileSdConfig> file_sd_configs;
  std::vector<HttpSdConfig> http_sd_configs;
  std::vector<DnsSdConfig> dns_sd_configs;
  std::vector<DockerSdConfig> docker_sd_configs;
  std::vector<DockerSwarmSdConfig> dockerswarm_sd_configs;
  std::vector<KubernetesSdConfig> kubernetes_sd_configs;
  std::vector<ConsulSdConfig> consul_sd_configs;

  bool operator==(const DiscoveryConfig&) const = default;
};

// The content of a file of file_sd_configs, or the answer to a request of http_sd_configs: a list of groups, YAML or
// JSON. Errors name `origin` and the line.
storage::Result<std::vector<TargetGroup>> ParseTargetGroups(std::string_view text, const std::string& origin);

}  // namespace vigia::config
