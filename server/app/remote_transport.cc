#include "server/app/remote_transport.h"

#include <charconv>

#include "server/discovery/client_config.h"
#include "server/http/client.h"

namespace vigia::server {
namespace {

constexpr std::size_t kShownBytes = 1024;  // Of the text of an error.

std::optional<std::uint64_t> Written(const Headers& headers) {
  std::optional<std::uint64_t> sum;
  for (const char* name : {"X-Prometheus-Remote-Write-Samples-Written", "X-Prometheus-Remote-Write-Histograms-Written",
                           "X-Prometheus-Remote-Write-Exemplars-Written"}) {
    const std::string_view text = headers.Get(name);
    std::uint64_t count = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
    if (!text.empty() && error == std::errc()) sum = sum.value_or(0) + count;
  }
  return sum;
}

class HttpRemoteTransport final : public RemoteTransport {
 public:
  HttpRemoteTransport(boost::asio::any_io_executor executor, ClientOptions options,
                      const config::RemoteWriteConfig& config)
      : config_(config), client_(std::move(executor), std::move(options)) {}

  storage::Result<RemoteAnswer> Post(RemotePost post) override {
    HttpRequest request;
    request.method = "POST";
    request.url = config_.url;
    for (const auto& [name, value] : config_.headers) request.headers.Set(name, value);
    request.headers.Set("Content-Encoding", "snappy");
    request.headers.Set("Content-Type", post.v2 ? "application/x-protobuf;proto=io.prometheus.write.v2.Request"
                                                : "application/x-protobuf");
    request.headers.Set("X-Prometheus-Remote-Write-Version", post.v2 ? "2.0.0" : "0.1.0");
    if (post.attempt > 0) request.headers.Set("Retry-Attempt", std::to_string(post.attempt));
    request.body = std::move(post.body);
    request.timeout_ms = config_.remote_timeout_ms;
    request.max_body_bytes = 1 << 20;
    request.accept_gzip = false;
    request.stop = post.stop;
    auto response = client_.Fetch(std::move(request));
    if (response.has_error()) return response.error();
    RemoteAnswer answer;
    answer.status = response->status;
    answer.text = response->body.substr(0, kShownBytes);
    answer.retry_after = response->headers.Get("Retry-After");
    answer.written = Written(response->headers);
    return answer;
  }

 private:
  const config::RemoteWriteConfig config_;
  HttpClient client_;
};

}  // namespace

storage::Result<std::shared_ptr<RemoteTransport>> MakeRemoteTransport(boost::asio::any_io_executor executor,
                                                                      std::string user_agent,
                                                                      const config::RemoteWriteConfig& config) {
  auto options = ToClientOptions(config.http, config.sigv4, std::move(user_agent));
  if (options.has_error()) return options.error();
  options->max_idle_per_target = static_cast<std::size_t>(config.queue.max_shards);
  return std::shared_ptr<RemoteTransport>(
      std::make_shared<HttpRemoteTransport>(std::move(executor), std::move(*options), config));
}

}  // namespace vigia::server
