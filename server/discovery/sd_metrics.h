// The server's own metrics about discovery (surface.md 1.13).
#pragma once

#include <string>
#include <string_view>

#include "storage/telemetry/registry.h"

namespace vigia::server {

// Thread-safe. The registry outlives it.
class SdMetrics {
 public:
  // `name`: "scrape" or "notify", whose targets are discovered.
  SdMetrics(storage::Registry& registry, std::string_view name);

  storage::Gauge& failed_configs;
  storage::Counter& received_updates;
  storage::Counter& updates;
  storage::Counter& updates_delayed;
  storage::Gauge& last_update_seconds;
  storage::Counter& file_read_errors;
  storage::Summary& file_scan_seconds;
  storage::Counter& http_failures;
  storage::Counter& dns_lookups;
  storage::Counter& dns_failures;
  storage::Counter& kubernetes_failures;
  storage::Counter& consul_failures;
  storage::Summary& consul_services_seconds;
  storage::Summary& consul_service_seconds;

  storage::Gauge& DiscoveredTargets(std::string_view job);
  void RemoveDiscoveredTargets(std::string_view job);
  storage::Gauge& FileMtimeSeconds(std::string_view file);
  void RemoveFileMtimeSeconds(std::string_view file);
  storage::Counter& RefreshFailures(std::string_view mechanism, std::string_view job);
  storage::Counter& KubernetesEvents(std::string_view role, std::string_view event);
  storage::Counter& KubernetesRequests(int status);  // 0: no answer.
  storage::Summary& KubernetesSeconds(std::string_view path);
  // Answers that were larger than a limit, of a mechanism that reads lists of APIs.
  storage::Counter& AnswersRefused(std::string_view mechanism);
  storage::Summary& RefreshSeconds(std::string_view mechanism, std::string_view job);

 private:
  storage::Registry& registry_;
  const std::string name_;
};

}  // namespace vigia::server
