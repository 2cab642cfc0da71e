#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "config/schema/secret.h"
#include "server/discovery/client_config.h"
#include "server/discovery/provider.h"

namespace vigia::server {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint64_t kMaxBodyBytes = 256 << 20;

std::string Simplified(std::string_view content_type) {
  std::string out;
  for (const char c : content_type) {
    if (c == ' ' || c == '\t' || c == '"') continue;
    out += c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  }
  return out;
}

class HttpProvider final : public Provider {
 public:
  HttpProvider(const config::HttpSdConfig& config, const std::string& job, ClientOptions options,
               boost::asio::any_io_executor executor, SdMetrics& metrics, Logger log)
      : config_(config),
        client_(std::move(executor), std::move(options)),
        metrics_(metrics),
        log_(std::move(log)),
        failures_(metrics.RefreshFailures("http", job)),
        seconds_(metrics.RefreshSeconds("http", job)) {}

  boost::asio::awaitable<std::optional<std::vector<TargetGroup>>> Look() override {
    const auto start = SteadyClock::now();
    auto groups = Groups(co_await client_.Do(MakeRequest()));
    seconds_.Observe(std::chrono::duration<double>(SteadyClock::now() - start).count());
    if (groups) co_return std::move(*groups);
    metrics_.http_failures.Add();
    failures_.Add();
    log_.Error("Unable to refresh target groups", {{"url", config::RedactedUrl(config_.url)}, {"err", groups.error()}});
    co_return std::nullopt;
  }

  storage::DurationMs pause_ms() const override { return config_.refresh_interval_ms; }

 private:
  HttpRequest MakeRequest() const {
    HttpRequest request;
    request.url = config_.url;
    request.timeout_ms = config_.refresh_interval_ms;
    request.max_body_bytes = kMaxBodyBytes;
    request.headers.Add("Accept", "application/json");
    request.headers.Add("X-Prometheus-Refresh-Interval-Seconds",
                        fmt::format("{}", static_cast<double>(config_.refresh_interval_ms) / 1000));
    return request;
  }

  storage::Result<std::vector<TargetGroup>> Groups(const storage::Result<HttpResponse>& response) const {
    if (!response) return response.error();
    if (response->status != 200) {
      const std::string_view reason = response->reason.empty() ? StatusText(response->status) : response->reason;
      return storage::Error{storage::Errc::kIo,
                            fmt::format("server returned HTTP status {} {}", response->status, reason)};
    }
    const std::string_view type = response->headers.Get("Content-Type");
    if (const std::string plain = Simplified(type);
        plain != "application/json" && plain != "application/json;charset=utf-8") {
      return storage::Error{storage::Errc::kInvalid, fmt::format("unsupported content type {}", storage::Quoted(type))};
    }
    const std::string shown = config::RedactedUrl(config_.url);
    const auto groups = config::ParseTargetGroups(response->body, shown);
    if (!groups) return groups.error();
    std::vector<TargetGroup> out;
    for (std::size_t i = 0; i < groups->size(); ++i) {
      out.push_back(
          MakeTargetGroup(fmt::format("{}:{}", shown, i), (*groups)[i], storage::Labels{{"__meta_url", config_.url}}));
    }
    return out;
  }

  const config::HttpSdConfig config_;
  HttpClient client_;
  SdMetrics& metrics_;
  const Logger log_;
  storage::Counter& failures_;
  storage::Summary& seconds_;
};

}  // namespace

storage::Result<std::unique_ptr<Provider>> NewHttpProvider(const config::HttpSdConfig& config, const std::string& job,
                                                           const std::string& user_agent,
                                                           boost::asio::any_io_executor executor, SdMetrics& metrics,
                                                           Logger log) {
  auto options = ToClientOptions(config.http, user_agent);
  if (!options) return options.error();
  return std::unique_ptr<Provider>(
      std::make_unique<HttpProvider>(config, job, std::move(*options), std::move(executor), metrics, std::move(log)));
}

}  // namespace vigia::server
