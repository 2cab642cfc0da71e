#include "server/http/client.h"

#include <mutex>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include "server/http/basic_auth.h"
#include "server/http/client_exchange.h"
#include "server/http/client_head.h"
#include "server/http/compression.h"
#include "server/http/connection_pool.h"
#include "server/http/dialer.h"
#include "server/http/host_port.h"
#include "server/http/text.h"
#include "server/http/tls_cache.h"
#include "server/http/url.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using std::chrono::milliseconds;
using storage::Errc;
using storage::Error;
using storage::Result;

constexpr int kMaxRedirects = 10;

// "Get", "Post": how Go begins an error's text.
std::string Verb(std::string_view method) {
  std::string verb(method.substr(0, 1));
  for (const char c : method.substr(std::min<std::size_t>(1, method.size()))) verb.push_back(LowerAscii(c));
  return verb;
}

bool IsRedirect(const HttpResponse& response) {
  const int s = response.status;
  return (s == 301 || s == 302 || s == 303 || s == 307 || s == 308) && response.headers.Has("Location");
}

// Turns the request into the one that follows a redirect.
void Redirected(int status, HttpRequest& request) {
  const bool keeps_method = status == 307 || status == 308 || request.method == "GET" || request.method == "HEAD";
  if (keeps_method) return;
  request.method = "GET";
  request.body.clear();
}

Result<HttpResponse> Decoded(HttpResponse response, std::uint64_t max_body_bytes) {
  const auto coding = CodingOf(response.headers.Get("Content-Encoding"));
  if (coding.has_value() && !response.body.empty()) {
    auto body = Decompress(*coding, response.body, max_body_bytes);
    if (body.has_error()) return body.error();
    response.body = *std::move(body);
  }
  if (max_body_bytes != 0 && response.body.size() >= max_body_bytes) {
    return Error{Errc::kLimit, "body size limit exceeded"};
  }
  return response;
}

}  // namespace

struct HttpClient::Impl {
  Impl(asio::any_io_executor e, ClientOptions o)
      : executor(std::move(e)),
        options(std::move(o)),
        pool({options.max_idle_per_target, options.max_idle_total, milliseconds(options.idle_timeout_ms)}) {}

  const asio::any_io_executor executor;
  const ClientOptions options;
  ConnectionPool pool;
  TlsCache tls;
};

namespace {

using ClientImpl = HttpClient::Impl;

// One hop: everything about one request to one URL. Shared by the coroutines that work on it, which may run on a strand
// of the client while the caller waits elsewhere.
struct Hop {
  std::shared_ptr<ClientImpl> client;
  HttpRequest request;
  Url url;
  Trust trust;
  IoClock::time_point deadline;
  std::optional<Url> proxy;

  bool Tunnels() const { return proxy.has_value() && url.scheme == "https"; }
  std::string PoolKey() const {
    return fmt::format("{}://{}:{}|{}", url.scheme, url.host, url.port,
                       proxy.has_value() ? proxy->Authority() : std::string());
  }
  ExchangeLimits Limits() const {
    return {request.max_body_bytes, client->options.max_header_bytes, request.expected_body_bytes, deadline};
  }
};

using HopPtr = std::shared_ptr<const Hop>;

// Asks an HTTP proxy for a tunnel to the target; the plain stream's socket is usable for TLS afterwards.
asio::awaitable<storage::Status> OpenTunnel(HopPtr hop, std::shared_ptr<Stream> stream) {
  const std::string authority = JoinHostPort(hop->url.host, hop->url.port);
  std::string head = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", authority);
  if (!hop->proxy->user_info.empty()) {
    std::string_view password = hop->proxy->user_info;
    const std::string_view user = CutUntil(password, ':');
    head += fmt::format("Proxy-Authorization: {}\r\n", FormatBasicAuth(user, password));
  }
  for (const auto& [name, value] : hop->client->options.proxy_connect_headers) {
    if ((name + value).find_first_of("\r\n") != std::string::npos) continue;
    head += fmt::format("{}: {}\r\n", name, value);
  }
  head += "\r\n";
  ExchangeOutcome outcome =
      co_await Exchange(stream, head, "", AnswerKind::kBodyless, hop->Limits(), hop->request.stop);
  if (outcome.response.has_error()) co_return Prefixed(outcome.response.error(), "proxyconnect tcp");
  if (outcome.response->status != 200) {
    co_return Error{Errc::kIo, std::string(StatusText(outcome.response->status))};
  }
  co_return storage::Status();
}

asio::awaitable<Result<std::shared_ptr<Stream>>> Connect(HopPtr hop) {
  const Url& first = hop->proxy.has_value() ? *hop->proxy : hop->url;
  auto socket = co_await Dial(first.host, first.port, hop->deadline, hop->request.stop);
  if (socket.has_error()) co_return socket.error();
  std::shared_ptr<Stream> stream = MakePlainStream(*std::move(socket));
  if (hop->url.scheme != "https") co_return stream;
  if (hop->Tunnels()) {
    const storage::Status tunnel = co_await OpenTunnel(hop, stream);
    if (tunnel.has_error()) co_return tunnel.error();
  }
  auto tls = hop->client->tls.Get(hop->client->options.tls);
  if (tls.has_error()) co_return tls.error();
  co_return co_await ConnectTls(std::move(stream->socket()), *std::move(tls), hop->url.host, hop->deadline,
                                hop->request.stop);
}

asio::awaitable<ExchangeOutcome> Send(HopPtr hop, std::shared_ptr<Stream> stream) {
  const bool to_proxy = hop->proxy.has_value() && !hop->Tunnels();
  HttpRequest request = hop->request;
  if (to_proxy && !hop->proxy->user_info.empty()) {
    std::string_view password = hop->proxy->user_info;
    const std::string_view user = CutUntil(password, ':');
    request.headers.Add("Proxy-Authorization", FormatBasicAuth(user, password));
  }
  const auto head = FormatRequestHead(request, hop->url, hop->client->options, hop->trust,
                                      to_proxy ? TargetForm::kAbsolute : TargetForm::kOrigin);
  if (head.has_error()) co_return ExchangeOutcome{head.error(), false, false};
  const AnswerKind kind = request.method == "HEAD" ? AnswerKind::kBodyless : AnswerKind::kNormal;
  ExchangeOutcome outcome = co_await Exchange(stream, *head, request.body, kind, hop->Limits(), request.stop);
  if (outcome.reusable) hop->client->pool.Give(hop->PoolKey(), std::move(stream));
  co_return outcome;
}

asio::awaitable<ExchangeOutcome> ConnectAndSend(HopPtr hop) {
  auto stream = co_await Connect(hop);
  if (stream.has_error()) co_return ExchangeOutcome{stream.error(), false, false};
  co_return co_await Send(hop, *std::move(stream));
}

asio::awaitable<Result<HttpResponse>> RunHop(HopPtr hop) {
  if (const std::shared_ptr<Stream> kept = hop->client->pool.Take(hop->PoolKey()); kept != nullptr && kept->IsQuiet()) {
    ExchangeOutcome outcome = co_await asio::co_spawn(kept->executor(), Send(hop, kept), asio::use_awaitable);
    // The peer may close a connection at the very moment that it is used again; nothing was answered, so ask anew.
    if (!outcome.unanswered || hop->request.stop.stop_requested()) co_return std::move(outcome.response);
  }
  const auto strand = asio::make_strand(hop->client->executor);
  ExchangeOutcome outcome = co_await asio::co_spawn(strand, ConnectAndSend(hop), asio::use_awaitable);
  co_return std::move(outcome.response);
}

Result<std::optional<Url>> ProxyFor(const Url& url, const ClientOptions& options) {
  if (options.proxy_url.empty() || BypassesProxy(options.no_proxy, url)) return std::optional<Url>();
  auto proxy = ParseUrl(options.proxy_url);
  if (proxy.has_error()) return Prefixed(proxy.error(), "proxy_url");
  if (proxy->scheme != "http") return Error{Errc::kInvalid, "proxy_url: only http:// proxies can be used"};
  return std::optional<Url>(*std::move(proxy));
}

asio::awaitable<Result<HttpResponse>> FollowHops(std::shared_ptr<ClientImpl> client, HttpRequest request) {
  const IoClock::time_point deadline = IoClock::now() + milliseconds(request.timeout_ms);
  const std::string verb = Verb(request.method);
  auto url = ParseUrl(request.url);
  if (url.has_error()) co_return Prefixed(url.error(), fmt::format("{} \"{}\"", verb, request.url));
  const std::string first_host = url->host;
  for (int redirects = 0;; ++redirects) {
    const std::string context = fmt::format("{} \"{}\"", verb, url->ToString());
    auto proxy = ProxyFor(*url, client->options);
    if (proxy.has_error()) co_return Prefixed(proxy.error(), context);
    const Trust trust = url->host == first_host ? Trust::kSameHost : Trust::kOtherHost;
    const HopPtr hop = std::make_shared<const Hop>(Hop{client, request, *url, trust, deadline, *std::move(proxy)});
    Result<HttpResponse> response = co_await RunHop(hop);
    if (response.has_error()) {
      // The limit is the caller's own and stands alone, as Prometheus reports it.
      if (response.error().code == Errc::kLimit) co_return response.error();
      co_return Prefixed(response.error(), context);
    }
    if (!client->options.follow_redirects || !IsRedirect(*response)) {
      co_return Decoded(*std::move(response), request.max_body_bytes);
    }
    if (redirects == kMaxRedirects) co_return Error{Errc::kInvalid, context + ": stopped after 10 redirects"};
    auto next = ResolveUrl(*url, response->headers.Get("Location"));
    if (next.has_error()) co_return Prefixed(next.error(), context + ": failed to parse Location header");
    if (next->host != url->host) next->user_info.clear();
    url = std::move(next);
    Redirected(response->status, request);
  }
}

}  // namespace

HttpClient::HttpClient(asio::any_io_executor executor, ClientOptions options)
    : impl_(std::make_shared<Impl>(std::move(executor), std::move(options))) {}

HttpClient::~HttpClient() = default;

asio::awaitable<Result<HttpResponse>> HttpClient::Do(HttpRequest request) {
  return FollowHops(impl_, std::move(request));
}

Result<HttpResponse> HttpClient::Fetch(HttpRequest request) {
  return asio::co_spawn(impl_->executor, FollowHops(impl_, std::move(request)), asio::use_future).get();
}

void HttpClient::CloseIdle() { impl_->pool.Clear(); }

}  // namespace vigia::server
