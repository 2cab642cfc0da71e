// Targets from the services that a Consul agent knows (surface.md 3.4).
#pragma once

#include <string>
#include <vector>

#include "config/schema/http_client_config.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

struct ConsulSdConfig {
  std::string server = "localhost:8500";  // host:port, without a scheme.
  std::string path_prefix;
  Secret token;
  std::string datacenter;  // "": the agent's own.
  std::string name_space;  // Consul Enterprise.
  std::string partition;   // Consul Enterprise.
  std::string tag_separator = ",";
  std::string scheme = "http";
  std::string username;  // Already moved into http.basic_auth; kept to be shown.
  Secret password;
  bool allow_stale = true;
  storage::DurationMs refresh_interval_ms = 30'000;  // Least time between two answers of a blocking query.
  std::vector<std::string> services;                 // Empty: all.
  std::vector<std::string> tags;                     // An instance must have all of them.
  StringMap node_meta;
  std::string filter;         // Of the catalogue.
  std::string health_filter;  // Of a service's instances.
  HttpClientConfig http;

  bool operator==(const ConsulSdConfig&) const = default;
};

}  // namespace vigia::config
