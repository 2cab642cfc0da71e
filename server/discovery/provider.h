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

}  // namespace vigia::server
