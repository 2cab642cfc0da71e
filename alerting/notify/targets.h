// Which Alertmanagers a configuration and its discovered target groups mean (surface.md 3.7).
#pragma once

#include <span>
#include <string>
#include <vector>

#include "config/schema/alerting_config.h"
#include "config/schema/target_group.h"

namespace vigia::alerting {

struct AlertmanagerTargets {
  std::vector<std::string> active;   // URLs that alerts are posted to, each once, in order of discovery.
  std::vector<std::string> dropped;  // URLs before relabelling of those that a rule dropped.
};

// Each target gets the labels __scheme__, __address__ and __alerts_path__ and those of its group, then relabel_configs
// are applied, then the URL is put together from the three. A target whose address is empty or has a slash, or whose
// scheme is not http or https, counts as dropped.
AlertmanagerTargets ResolveAlertmanagers(const config::AlertmanagerConfig& config,
                                         std::span<const config::TargetGroup> groups);

// <path_prefix>/api/v2/alerts with single slashes.
std::string AlertsPath(std::string_view path_prefix);

}  // namespace vigia::alerting
