// The `alerting` section: who is told about alerts (surface.md 3.7).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "config/relabel/relabel.h"
#include "config/schema/http_client_config.h"
#include "config/schema/sigv4_config.h"
#include "config/schema/target_group.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

// One set of Alertmanagers: each target of `discovery` is an address; requests go to
// <scheme>://<address><path_prefix>/api/v2/alerts.
struct AlertmanagerConfig {
  HttpClientConfig http;
  std::optional<SigV4Config> sigv4;  // Else than the ways of `http`.
  std::string scheme = "http";       // Or "https".
  std::string path_prefix;
  storage::DurationMs timeout_ms = 10'000;
  std::vector<RelabelRule> relabel_configs;        // For the Alertmanager targets.
  std::vector<RelabelRule> alert_relabel_configs;  // For the alerts sent to them.
  DiscoveryConfig discovery;

  bool operator==(const AlertmanagerConfig&) const = default;
};

struct AlertingConfig {
  std::vector<RelabelRule> alert_relabel_configs;
  std::vector<AlertmanagerConfig> alertmanagers;

  bool operator==(const AlertingConfig&) const = default;
};

}  // namespace vigia::config
