// One discovery mechanism at work.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "config/schema/target_group.h"
#include "server/discovery/sd_metrics.h"
#include "server/discovery/target_group.h"
#include "server/http/client.h"
#include "server/log/log.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// Looks for targets when asked. Thread-compatible.
class Provider {
 public:
  virtual ~Provider() = default;
  // All groups that there are now; std::nullopt: nothing changed, or the look failed (which the provider has logged and
  // counted) and what was found before still counts.
  virtual boost::asio::awaitable<std::optional<std::vector<TargetGroup>>> Look() = 0;
  // How long to wait after a look.
  virtual storage::DurationMs pause_ms() const = 0;
  // Ends a look that is under way soon. Called when no more looks will follow, on the executor that looks.
  virtual void Stop() {}
};

// Files of file_sd_configs. Notices a changed file within two seconds, reads all again every refresh_interval. A file
// that cannot be read or parsed keeps its previous groups; a file that is gone has none.
std::unique_ptr<Provider> NewFileProvider(const config::FileSdConfig& config, const std::string& job,
                                          SdMetrics& metrics, Logger log);

// http_sd_configs: asks every refresh_interval; a failure keeps the previous groups.
storage::Result<std::unique_ptr<Provider>> NewHttpProvider(const config::HttpSdConfig& config, const std::string& job,
                                                           const std::string& user_agent,
                                                           boost::asio::any_io_executor executor, SdMetrics& metrics,
                                                           Logger log);

// dns_sd_configs: asks every refresh_interval; a failed look-up keeps the previous groups of its name.
std::unique_ptr<Provider> NewDnsProvider(const config::DnsSdConfig& config, const std::string& job, SdMetrics& metrics,
                                         Logger log);

// docker_sd_configs: asks the engine every refresh_interval; a failure keeps the previous targets.
storage::Result<std::unique_ptr<Provider>> NewDockerProvider(const config::DockerSdConfig& config,
                                                             const std::string& job, const std::string& user_agent,
                                                             boost::asio::any_io_executor executor, SdMetrics& metrics,
                                                             Logger log);

// dockerswarm_sd_configs: the same, of a swarm's manager.
storage::Result<std::unique_ptr<Provider>> NewDockerSwarmProvider(const config::DockerSwarmSdConfig& config,
                                                                  const std::string& job, const std::string& user_agent,
                                                                  boost::asio::any_io_executor executor,
                                                                  SdMetrics& metrics, Logger log);

// kubernetes_sd_configs: lists and watches the objects of the role and what is attached to them. A look ends when
// something changed, first when all lists were read; it publishes at most every five seconds while changes do not end.
storage::Result<std::unique_ptr<Provider>> NewKubernetesProvider(const config::KubernetesSdConfig& config,
                                                                 const std::string& user_agent,
                                                                 boost::asio::any_io_executor executor,
                                                                 SdMetrics& metrics, Logger log);

// consul_sd_configs: follows the catalogue and the instances of its services by blocking queries. A look ends when
// something changed.
storage::Result<std::unique_ptr<Provider>> NewConsulProvider(const config::ConsulSdConfig& config,
                                                             const std::string& user_agent,
                                                             boost::asio::any_io_executor executor, SdMetrics& metrics,
                                                             Logger log);

}  // namespace vigia::server
