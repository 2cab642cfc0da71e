#include "server/discovery/sd_metrics.h"

#include <array>
#include <vector>

namespace vigia::server {
namespace {

using storage::Labels;

const std::vector<double> kQuantiles = {0.5, 0.9, 0.99};
constexpr std::array<std::string_view, 4> kApiMechanisms{"consul", "docker", "dockerswarm", "kubernetes"};
constexpr std::array<std::string_view, 6> kKubernetesRoles{"endpoints", "endpointslice", "ingress",
                                                           "node",      "pod",           "service"};

storage::Summary& ConsulSeconds(storage::Registry& registry, std::string_view call) {
  return registry.AddSummary("prometheus_sd_consul_rpc_duration_seconds",
                             "The duration of a Consul RPC call in seconds.", kQuantiles,
                             Labels{{"endpoint", "catalog"}, {"call", call}});
}

}  // namespace

SdMetrics::SdMetrics(storage::Registry& registry, std::string_view name)
    : failed_configs(registry.AddGauge("prometheus_sd_failed_configs",
                                       "Current number of service discovery configurations that failed to load.",
                                       Labels{{"name", name}})),
      received_updates(registry.AddCounter("prometheus_sd_received_updates_total",
                                           "Total number of update events received from the SD providers.",
                                           Labels{{"name", name}})),
      updates(registry.AddCounter("prometheus_sd_updates_total",
                                  "Total number of update events sent to the SD consumers.", Labels{{"name", name}})),
      updates_delayed(registry.AddCounter("prometheus_sd_updates_delayed_total",
                                          "Total number of update events that couldn't be sent immediately.",
                                          Labels{{"name", name}})),
      last_update_seconds(registry.AddGauge("prometheus_sd_last_update_timestamp_seconds",
                                            "Timestamp of the last update sent to the SD consumers.",
                                            Labels{{"name", name}})),
      file_read_errors(
          registry.AddCounter("prometheus_sd_file_read_errors_total", "The number of File-SD read errors.")),
      file_scan_seconds(registry.AddSummary("prometheus_sd_file_scan_duration_seconds",
                                            "The duration of the File-SD scan in seconds.", kQuantiles)),
      http_failures(registry.AddCounter("prometheus_sd_http_failures_total",
                                        "Number of HTTP service discovery refresh failures.")),
      dns_lookups(registry.AddCounter("prometheus_sd_dns_lookups_total", "The number of DNS-SD lookups.")),
      dns_failures(
          registry.AddCounter("prometheus_sd_dns_lookup_failures_total", "The number of DNS-SD lookup failures.")),
      kubernetes_failures(
          registry.AddCounter("prometheus_sd_kubernetes_failures_total", "The number of failed WATCH/LIST requests.")),
      consul_failures(
          registry.AddCounter("prometheus_sd_consul_rpc_failures_total", "The number of Consul RPC call failures.")),
      consul_services_seconds(ConsulSeconds(registry, "services")),
      consul_service_seconds(ConsulSeconds(registry, "service")),
      registry_(registry),
      name_(name) {
  for (const std::string_view mechanism : kApiMechanisms) AnswersRefused(mechanism);
  for (const std::string_view role : kKubernetesRoles) {
    for (const std::string_view event : {"add", "delete", "update"}) KubernetesEvents(role, event);
  }
}

storage::Gauge& SdMetrics::DiscoveredTargets(std::string_view job) {
  return registry_.AddGauge("prometheus_sd_discovered_targets", "Current number of discovered targets.",
                            Labels{{"name", name_}, {"config", job}});
}

void SdMetrics::RemoveDiscoveredTargets(std::string_view job) {
  registry_.Remove("prometheus_sd_discovered_targets", Labels{{"name", name_}, {"config", job}});
}

storage::Gauge& SdMetrics::FileMtimeSeconds(std::string_view file) {
  return registry_.AddGauge("prometheus_sd_file_mtime_seconds",
                            "Timestamp (mtime) of files read by FileSD. Timestamp is set at read time.",
                            Labels{{"filename", file}});
}

void SdMetrics::RemoveFileMtimeSeconds(std::string_view file) {
  registry_.Remove("prometheus_sd_file_mtime_seconds", Labels{{"filename", file}});
}

storage::Counter& SdMetrics::RefreshFailures(std::string_view mechanism, std::string_view job) {
  return registry_.AddCounter("prometheus_sd_refresh_failures_total",
                              "Number of refresh failures for the given SD mechanism.",
                              Labels{{"mechanism", mechanism}, {"config", job}});
}

storage::Counter& SdMetrics::KubernetesEvents(std::string_view role, std::string_view event) {
  return registry_.AddCounter("prometheus_sd_kubernetes_events_total", "The number of Kubernetes events handled.",
                              Labels{{"role", role}, {"event", event}});
}

storage::Counter& SdMetrics::KubernetesRequests(int status) {
  return registry_.AddCounter("prometheus_sd_kubernetes_http_request_total",
                              "Total number of HTTP requests to the Kubernetes API by status code.",
                              Labels{{"status_code", status == 0 ? "<error>" : std::to_string(status)}});
}

storage::Summary& SdMetrics::KubernetesSeconds(std::string_view path) {
  return registry_.AddSummary("prometheus_sd_kubernetes_http_request_duration_seconds",
                              "Summary of latencies for HTTP requests to the Kubernetes API by endpoint.", kQuantiles,
                              Labels{{"endpoint", path}});
}

storage::Counter& SdMetrics::AnswersRefused(std::string_view mechanism) {
  return registry_.AddCounter(
      "vigia_sd_answers_refused_total",
      "Answers to service discovery that were refused because they were larger than its limits.",
      Labels{{"mechanism", mechanism}});
}

storage::Summary& SdMetrics::RefreshSeconds(std::string_view mechanism, std::string_view job) {
  return registry_.AddSummary("prometheus_sd_refresh_duration_seconds",
                              "The duration of a refresh in seconds for the given SD mechanism.", kQuantiles,
                              Labels{{"mechanism", mechanism}, {"config", job}});
}

}  // namespace vigia::server
