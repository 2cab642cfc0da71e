// HTTP/1.1 server: listens, parses, limits, dispatches to a Router, compresses, counts.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "server/http/router.h"
#include "server/http/web_security.h"
#include "server/log/log.h"
#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

struct HttpServerOptions {
  std::vector<std::string> listen = {
      "0.0.0.0:9090"};                     // "host:port", "[::1]:port", ":port" (all addresses), port 0: any.
  std::string route_prefix = "/";          // Requests outside it are 404; "/" itself redirects to it.
  std::string cors_origin = ".*";          // Regular expression for allowed origins, anchored at both ends.
  int worker_threads = 4;                  // Handlers that run at once.
  std::size_t worker_queue = 256;          // Requests that wait for a worker; above: 503 and a counter.
  std::size_t max_connections = 512;       // Above: a new connection waits in the kernel until another closes; counted.
  std::int64_t read_timeout_ms = 300'000;  // For one request to arrive, and between two requests.
  std::int64_t header_timeout_ms =
      30'000;  // From the first byte of a request to the end of its header; then it is closed.
  std::int64_t write_timeout_ms = 300'000;   // For the client to take one piece of a response.
  std::int64_t stop_grace_ms = 2'000;        // What running requests get at Stop() before Request::gone is requested.
  std::size_t max_header_bytes = 64 * 1024;  // Above: 431.
  std::size_t max_body_bytes = 32 << 20;     // As sent and after gzip; above: 413 and a counter.
  std::size_t compress_min_bytes = 1024;     // Smaller bodies are sent as they are.
  std::string server_header;                 // Value of "Server"; empty: none.
  WebSecuritySource security;                // TLS, users and headers; empty: plain HTTP for everybody.
};

// Answers beside the handlers': 204 to OPTIONS below /api/, 404 «404 page not found», 405 with Allow, 400, 408, 413,
// 431, 501, 503. A path that differs from a route only by a final slash is redirected to it. HEAD runs the GET handler
// and sends no body, but is refused below /api/. Handlers run on worker threads; a streamed body asks for its next
// piece when the last one went out.
//
// Metrics: prometheus_http_requests_total{handler,code}, prometheus_http_request_duration_seconds{handler},
// prometheus_http_response_size_bytes{handler} with handler as Prometheus names it ("/api/v1/label/:name/values"), and
// vigia_http_{connections, connections_limit_total, worker_queue_full_total, body_limit_total, bad_requests_total,
// unauthorized_total}.
class HttpServer {
 public:
  // `router` is complete, and outlives the server as `registry` does.
  HttpServer(HttpServerOptions options, const Router& router, storage::Registry& registry, Logger log);
  ~HttpServer();  // Stop().
  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;

  // Binds all addresses and starts to serve; after an error nothing listens. Call once.
  storage::Status Start();

  // Port of the i-th address, known after Start().
  std::uint16_t port(std::size_t i = 0) const;

  // Accepts no more, lets running requests finish for stop_grace_ms, then requests their `gone` and waits for the
  // handlers to return; closes everything. Blocks. Idempotent.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia::server
