// Runs the discovery mechanisms of all jobs and tells a consumer which targets each job has.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "config/schema/target_group.h"
#include "server/discovery/provider.h"
#include "server/discovery/sd_metrics.h"
#include "server/discovery/target_group.h"
#include "server/http/io_threads.h"
#include "server/log/log.h"
#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// Thread-safe. Jobs with equal mechanisms share one provider, and a provider goes on through a reload that keeps it.
class DiscoveryManager {
 public:
  // Gets all groups of a job, each time one of them changed. Called from a thread of the manager or from within
  // Apply(), never twice at a time; it must not call the manager.
  using Consumer = std::function<void(const std::string& job, std::vector<TargetGroup> groups)>;

  // `name`: "scrape" or "notify", for metrics. The registry outlives the manager.
  DiscoveryManager(std::string_view name, std::string user_agent, Consumer consumer, storage::Registry& registry,
                   Logger log);
  ~DiscoveryManager();  // Stop().
  DiscoveryManager(const DiscoveryManager&) = delete;
  DiscoveryManager& operator=(const DiscoveryManager&) = delete;

  // Makes the jobs those of `jobs` and tells the consumer of each what is known now. Mechanisms that cannot be set up
  // are logged and counted (prometheus_sd_failed_configs); the others work.
  void Apply(const std::map<std::string, config::DiscoveryConfig>& jobs);

  // No update comes after it. Idempotent.
  void Stop();

 private:
  using ProviderConfig =
      std::variant<config::FileSdConfig, config::HttpSdConfig, config::DnsSdConfig, config::DockerSdConfig,
                   config::DockerSwarmSdConfig, config::KubernetesSdConfig, config::ConsulSdConfig>;
  struct Running {
    ProviderConfig config;
    std::set<std::string> jobs;
    std::vector<TargetGroup> groups;
    std::shared_ptr<void> task;  // Ends when this is let go.
  };
  struct Task;

  void Subscribe(const ProviderConfig& config, const std::string& job, std::map<std::uint64_t, Running>& kept);
  storage::Result<std::unique_ptr<Provider>> MakeProvider(const ProviderConfig& config, const std::string& job);
  void Publish(std::uint64_t id, std::vector<TargetGroup> groups);
  void Tell(const std::set<std::string>& jobs);
  std::vector<TargetGroup> GroupsOf(const std::string& job) const;

  const std::string user_agent_;
  const Consumer consumer_;
  const Logger log_;
  SdMetrics metrics_;

  std::mutex tell_mu_;  // Held while the consumer runs, so that it sees changes in order. Taken before mu_.
  mutable std::mutex mu_;
  std::map<std::string, std::vector<TargetGroup>> static_groups_;  // Has every job.
  std::map<std::uint64_t, Running> running_;
  std::uint64_t next_id_ = 1;
  bool stopped_ = false;

  IoThreads io_;  // Last, so that its threads end first.
};

}  // namespace vigia::server
