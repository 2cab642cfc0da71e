#include "server/app/notify_transport.h"

#include "server/discovery/client_config.h"

namespace vigia::server {

NotifyTransport::NotifyTransport(boost::asio::any_io_executor executor, std::string user_agent)
    : executor_(std::move(executor)), user_agent_(std::move(user_agent)) {}

storage::Result<std::shared_ptr<HttpClient>> NotifyTransport::ClientFor(const config::HttpClientConfig& http) {
  const std::lock_guard lock(mu_);
  for (const auto& [known, client] : clients_) {
    if (known == http) return client;
  }
  auto options = ToClientOptions(http, user_agent_);
  if (options.has_error()) return options.error();
  if (clients_.size() == kMaxClients) clients_.erase(clients_.begin());
  clients_.emplace_back(http, std::make_shared<HttpClient>(executor_, std::move(*options)));
  return clients_.back().second;
}

storage::Result<int> NotifyTransport::Post(const alerting::AlertPost& post) {
  auto client = ClientFor(post.http);
  if (client.has_error()) return client.error();
  HttpRequest request;
  request.method = "POST";
  request.url = post.url;
  request.headers.Set("Content-Type", "application/json");
  request.body = post.body;
  request.timeout_ms = post.timeout_ms;
  request.max_body_bytes = 1 << 20;
  request.stop = post.cancel;
  auto response = (*client)->Fetch(std::move(request));
  if (response.has_error()) return response.error();
  return response->status;
}

}  // namespace vigia::server
