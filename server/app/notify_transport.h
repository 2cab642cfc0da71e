// How notifications reach Alertmanagers: the HTTP client behind alerting's Transport.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include "alerting/notify/transport.h"
#include "server/http/client.h"

namespace vigia::server {

// Thread-safe. The executor's threads run while requests are made.
class NotifyTransport : public alerting::Transport {
 public:
  NotifyTransport(boost::asio::any_io_executor executor, std::string user_agent);
  storage::Result<int> Post(const alerting::AlertPost& post) override;

 private:
  // One client for each different HTTP configuration, so that connections are kept. There are as many as the
  // configuration had entries; a reload that changes one leaves the old one's client behind, up to kMaxClients.
  storage::Result<std::shared_ptr<HttpClient>> ClientFor(const alerting::AlertPost& post);

  struct Kept {
    config::HttpClientConfig http;
    std::optional<config::SigV4Config> sigv4;
    std::shared_ptr<HttpClient> client;
  };
  static constexpr std::size_t kMaxClients = 64;
  const boost::asio::any_io_executor executor_;
  const std::string user_agent_;
  std::mutex mu_;
  std::vector<Kept> clients_;  // Oldest first.
};

}  // namespace vigia::server
