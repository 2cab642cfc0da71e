#include "server/app/notify_transport.h"

#include "server/discovery/client_config.h"

namespace vigia::server {

NotifyTransport::NotifyTransport(boost::asio::any_io_executor executor, std::string user_agent)
    : executor_(std::move(executor)), user_agent_(std::move(user_agent)) {}

storage::Result<std::shared_ptr<HttpClient>> NotifyTransport::ClientFor(const alerting::AlertPost& post) {
  const std::lock_guard lock(mu_);
  for (const Kept& kept : clients_) {
    if (kept.http == post.http && kept.sigv4 == post.sigv4) return kept.client;
  }
  auto options = ToClientOptions(post.http, post.sigv4, user_agent_);
  if (options.has_error()) return options.error();
  if (clients_.size() == kMaxClients) clients_.erase(clients_.begin());
  clients_.push_back({post.http, post.sigv4, std::make_shared<HttpClient>(executor_, std::move(*options))});
  return clients_.back().client;
}

storage::Result<int> NotifyTransport::Post(const alerting::AlertPost& post) {
  auto client = ClientFor(post);
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
