#include "server/http/server_metrics.h"

#include <fmt/format.h>

namespace vigia::server {
namespace {

using storage::Labels;

const std::vector<double> kDurationBounds = {.1, .2, .4, 1, 3, 8, 20, 60, 120};
const std::vector<double> kSizeBounds = {1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9};

}  // namespace

std::string HandlerLabel(std::string_view pattern) {
  std::string label;
  while (!pattern.empty()) {
    const std::size_t open = pattern.find('{');
    label.append(pattern.substr(0, open));
    if (open == std::string_view::npos) break;
    pattern.remove_prefix(open + 1);
    const std::size_t close = pattern.find('}');
    std::string_view name = pattern.substr(0, close);
    const bool rest = name.ends_with("...");
    if (rest) name.remove_suffix(3);
    label.append(rest ? "*" : ":").append(name);
    pattern.remove_prefix(close == std::string_view::npos ? pattern.size() : close + 1);
  }
  return label;
}

HandlerMetrics::HandlerMetrics(storage::Registry& registry, std::string_view pattern)
    : registry_(registry),
      handler_(HandlerLabel(pattern)),
      duration_(registry.AddHistogram("prometheus_http_request_duration_seconds",
                                      "Histogram of latencies for HTTP requests.", kDurationBounds,
                                      Labels({{"handler", handler_}}))),
      size_(registry.AddHistogram("prometheus_http_response_size_bytes",
                                  "Histogram of response size for HTTP requests.", kSizeBounds,
                                  Labels({{"handler", handler_}}))) {
  RequestsWith(200);  // Shows 0 before the first request, so that rates have a start.
}

storage::Counter& HandlerMetrics::RequestsWith(int status) {
  const std::scoped_lock lock(mu_);
  storage::Counter*& counter = requests_[status];
  if (counter == nullptr) {
    counter = &registry_.AddCounter("prometheus_http_requests_total", "Counter of HTTP requests.",
                                    Labels({{"code", std::to_string(status)}, {"handler", handler_}}));
  }
  return *counter;
}

void HandlerMetrics::Observe(int status, double seconds, double response_bytes) {
  RequestsWith(status).Add();
  duration_.Observe(seconds);
  size_.Observe(response_bytes);
}

ServerMetrics::ServerMetrics(storage::Registry& r)
    : registry(r),
      connections(r.AddGauge("vigia_http_connections", "Open HTTP connections.")),
      connections_limit(r.AddCounter("vigia_http_connections_limit_total",
                                     "Times that accepting waited because --web.max-connections were open.")),
      worker_queue_full(r.AddCounter("vigia_http_worker_queue_full_total",
                                     "Requests answered with 503 because too many waited for a worker.")),
      body_limit(r.AddCounter("vigia_http_body_limit_total", "Requests answered with 413 for their body's size.")),
      bad_requests(r.AddCounter("vigia_http_bad_requests_total", "Requests that were not well-formed HTTP.")),
      unauthorized(r.AddCounter("vigia_http_unauthorized_total", "Requests answered with 401.")),
      rate_limited(r.AddCounter("vigia_http_rate_limited_total", "Requests answered with 429.")) {}

void ServerMetrics::AddHandler(const std::string& pattern) {
  std::unique_ptr<HandlerMetrics>& handler = handlers[pattern];
  if (handler == nullptr) handler = std::make_unique<HandlerMetrics>(registry, pattern);
}

HandlerMetrics* ServerMetrics::Find(const std::string& pattern) const {
  const auto it = handlers.find(pattern);
  return it == handlers.end() ? nullptr : it->second.get();
}

}  // namespace vigia::server
