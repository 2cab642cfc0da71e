// The HTTP API of a Consul agent (Consul: HTTP API), as far as discovery asks it. Internal to the room.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "config/schema/consul_sd_config.h"
#include "config/yaml/node.h"
#include "server/http/client.h"
#include "storage/model/error.h"

namespace vigia::server {

struct ConsulAnswer {
  config::yaml::Node body;
  std::uint64_t index = 0;  // X-Consul-Index: give it to the next question to wait for a change.
};

// Thread-safe.
class ConsulAgent {
 public:
  static storage::Result<std::shared_ptr<ConsulAgent>> Make(const config::ConsulSdConfig& config,
                                                            const std::string& user_agent,
                                                            boost::asio::any_io_executor executor);

  // The agent's datacenter, or the configured one.
  boost::asio::awaitable<storage::Result<std::string>> Datacenter(std::stop_token stop);
  // The names of services with their tags. With an `index` it waits up to two minutes for a change.
  boost::asio::awaitable<storage::Result<ConsulAnswer>> Services(std::uint64_t index, std::stop_token stop);
  // The instances of a service that have all configured tags, healthy or not.
  boost::asio::awaitable<storage::Result<ConsulAnswer>> Instances(std::string service, std::uint64_t index,
                                                                  std::stop_token stop);

 private:
  ConsulAgent(const config::ConsulSdConfig& config, ClientOptions options, boost::asio::any_io_executor executor);
  boost::asio::awaitable<storage::Result<ConsulAnswer>> Ask(std::string path, Params params, std::stop_token stop);
  Params Blocking(std::uint64_t index, const std::string& filter) const;

  const config::ConsulSdConfig config_;
  const std::string base_url_;
  HttpClient client_;
};

}  // namespace vigia::server
