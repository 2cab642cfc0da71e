#include "server/scrape/request.h"

#include <utility>

#include <fmt/format.h>

namespace vigia::server {
namespace {

constexpr int kFirstWeight = 6;  // Tenths: one more than there are protocols, however few are configured.

std::string_view MediaType(config::ScrapeProtocol protocol) {
  switch (protocol) {
    case config::ScrapeProtocol::kPrometheusProto:
      return "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited";
    case config::ScrapeProtocol::kOpenMetricsText1_0_0: return "application/openmetrics-text;version=1.0.0";
    case config::ScrapeProtocol::kOpenMetricsText0_0_1: return "application/openmetrics-text;version=0.0.1";
    case config::ScrapeProtocol::kPrometheusText1_0_0: return "text/plain;version=1.0.0";
    case config::ScrapeProtocol::kPrometheusText0_0_4: return "text/plain;version=0.0.4";
  }
  return {};
}

bool TakesEscaping(config::ScrapeProtocol protocol) {
  return protocol == config::ScrapeProtocol::kOpenMetricsText1_0_0 ||
         protocol == config::ScrapeProtocol::kPrometheusText1_0_0;
}

}  // namespace

std::string AcceptHeader(const config::ScrapeConfig& config) {
  std::string out;
  int weight = kFirstWeight;
  for (const config::ScrapeProtocol protocol : config.scrape_protocols) {
    out += MediaType(protocol);
    if (TakesEscaping(protocol)) out += fmt::format(";escaping={}", ToString(config.metric_name_escaping_scheme));
    out += fmt::format(";q=0.{},", weight--);
  }
  return out + fmt::format("*/*;q=0.{}", weight);
}

bool IsLoopback(std::string_view url) {
  std::string_view host = url.substr(std::min(url.find("://"), url.size()));
  host.remove_prefix(std::min<std::size_t>(3, host.size()));
  host = host.substr(0, host.find_first_of("/?"));
  return host == "localhost" || host.starts_with("localhost:") || host.starts_with("127.") || host.starts_with("[::1]");
}

HttpRequest MakeScrapeRequest(const config::ScrapeConfig& config, const std::string& accept, const Target& target,
                              std::stop_token stop) {
  HttpRequest request;
  request.url = target.url;
  request.timeout_ms = target.timeout_ms;
  request.max_body_bytes = config.body_size_limit_bytes;
  request.stop = std::move(stop);
  request.unix_socket = target.unix_socket;
  request.accept_gzip = config.enable_compression && !IsLoopback(target.url) && target.unix_socket.empty();
  request.headers.Add("Accept", accept);
  if (!request.accept_gzip) request.headers.Add("Accept-Encoding", "identity");
  request.headers.Add("X-Prometheus-Scrape-Timeout-Seconds",
                      fmt::format("{}", static_cast<double>(target.timeout_ms) / 1000));
  return request;
}

FetchedBody ToFetchedBody(storage::Result<HttpResponse> response) {
  FetchedBody fetched;
  if (!response) {
    fetched.status = response.error();
    fetched.body_limit_hit = response.error().code == storage::Errc::kLimit;
    return fetched;
  }
  if (response->status != 200) {
    const std::string_view reason = response->reason.empty() ? StatusText(response->status) : response->reason;
    fetched.status =
        storage::Error{storage::Errc::kIo, fmt::format("server returned HTTP status {} {}", response->status, reason)};
    return fetched;
  }
  fetched.content_type = response->headers.Get("Content-Type");
  fetched.body = std::move(response->body);
  return fetched;
}

}  // namespace vigia::server
