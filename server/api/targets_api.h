// /targets, /targets/metadata, /targets/relabel_steps, /metadata, /scrape_pools, /scrape_pools/config (surface.md 1.3).
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/router.h"
#include "server/scrape/manager.h"

namespace vigia::server {

// The manager is thread-safe and outlives the router.
struct TargetsApiDeps {
  const ScrapeManager& manager;
  std::string external_url;  // For globalUrl.
  std::uint16_t listen_port = 0;
  // What /metadata shows besides that of the targets.
  std::function<std::vector<MetricMetadata>()> more_metadata = {};
};

void RegisterTargetsApi(Router& router, TargetsApiDeps deps);

// A URL on a loopback host as others reach it: the host becomes the external URL's; with our own port, its port too.
std::string GlobalUrl(std::string_view url, std::string_view external_url, std::uint16_t listen_port);

}  // namespace vigia::server
