// HTTP/1.1 client for scraping, service discovery, Alertmanager and tools.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "server/http/client_options.h"
#include "server/http/message.h"
#include "storage/model/error.h"

namespace vigia::server {

struct HttpRequest {
  std::string method = "GET";
  std::string url;  // Absolute, http or https; user information in it becomes basic auth.
  Headers headers;  // Host, Content-Length, Connection are set by the client.
  std::string body;
  std::string unix_socket;           // Of this request alone, as that of ClientOptions; empty: none.
  std::int64_t timeout_ms = 10'000;  // Covers all: resolve, connect, TLS, send, receive, redirects.
  std::uint64_t max_body_bytes = 0;  // Of the body, compressed or not; 0: no limit. At it: kLimit.
  // Memory taken for the body before it comes, as when the last answer's size is known. Content-Length is not trusted
  // with more than 64 KiB.
  std::size_t expected_body_bytes = 0;
  bool accept_gzip = true;  // Sends Accept-Encoding: gzip, unless `headers` has one, and decodes the answer.
  // Takes the body of an answer 200 piece by piece as it comes, undecoded (clear accept_gzip); HttpResponse::body stays
  // empty and max_body_bytes does not count. An error ends the exchange with it. Called on the client's threads, one
  // piece after the other, never once the exchange has ended.
  std::function<storage::Status(std::string_view piece)> on_body;
  std::stop_token stop;  // Requested: the exchange ends soon with kCancelled.
};

struct HttpResponse {
  int status = 0;
  std::string reason;  // As sent; may be empty.
  Headers headers;
  std::string body;              // Decoded. Content-Encoding gzip and deflate are undone.
  std::uint64_t wire_bytes = 0;  // Size of the body as it came.
};

// The standard phrase of a status code, e.g. "Not Found"; "" if there is none.
std::string_view StatusText(int status);

// Keeps finished connections open for the next request to the same scheme, host and port. A connection that the peer
// closed while it was idle is replaced once, silently. Redirects (301, 302, 303, 307, 308) are followed up to ten
// times; credentials and configured headers do not go to another host.
//
// Errors, worded as Prometheus' users know them: kTimeout «Get "http://a:1/metrics": context deadline exceeded»,
// kIo «Get "http://127.0.0.1:1/": dial tcp 127.0.0.1:1: connect: connection refused», kLimit «body size limit
// exceeded», kInvalid for a URL or options that cannot work, kCancelled. An HTTP status is never an error.
//
// Thread-safe. Runs on the executor given; it must outlive the client, and the client every request.
class HttpClient {
 public:
  HttpClient(boost::asio::any_io_executor executor, ClientOptions options);
  ~HttpClient();
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;

  // One request and its whole answer. May be awaited on any executor; if it is another than the client's, it must live
  // until the client's threads have been stopped, for they let go of it a little after the caller has resumed.
  boost::asio::awaitable<storage::Result<HttpResponse>> Do(HttpRequest request);

  // The same, blocking. REQUIRES: not on a thread of the executor.
  storage::Result<HttpResponse> Fetch(HttpRequest request);

  // Closes the idle connections.
  void CloseIdle();

  struct Impl;  // Opaque.

 private:
  std::shared_ptr<Impl> impl_;
};

}  // namespace vigia::server
