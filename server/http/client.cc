#include "server/http/client.h"

#include <mutex>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>
#include <fmt/format.h>

#include "server/http/client_hop.h"
#include "server/http/compression.h"
#include "server/http/connection_pool.h"
#include "server/http/proxy_choice.h"
#include "server/http/request_auth.h"
#include "server/http/text.h"

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

using HopPtr = std::shared_ptr<const Hop>;

asio::awaitable<ExchangeOutcome> Send(std::shared_ptr<ClientImpl> client, HopPtr hop, std::shared_ptr<Stream> stream) {
  const bool to_proxy = hop->proxy.has_value() && !hop->Tunnels();
  HttpRequest request = hop->request;
  if (to_proxy && !hop->proxy->user_info.empty()) {
    request.headers.Add("Proxy-Authorization", ProxyAuthorization(*hop->proxy));
  }
  const auto head = FormatRequestHead(request, hop->url, client->options, hop->trust,
                                      to_proxy ? TargetForm::kAbsolute : TargetForm::kOrigin);
  if (head.has_error()) co_return ExchangeOutcome{head.error(), false, false};
  const AnswerKind kind = request.method == "HEAD" ? AnswerKind::kBodyless : AnswerKind::kNormal;
  ExchangeOutcome outcome =
      co_await Exchange(stream, *head, request.body, kind, hop->Limits(client->options), request.stop);
  if (outcome.reusable) client->pool.Give(hop->PoolKey(), std::move(stream));
  co_return outcome;
}

asio::awaitable<ExchangeOutcome> ConnectAndSend(std::shared_ptr<ClientImpl> client, HopPtr hop) {
  auto stream = co_await Connect(hop, client->options, client->tls);
  if (stream.has_error()) co_return ExchangeOutcome{stream.error(), false, false};
  co_return co_await Send(client, hop, *std::move(stream));
}

asio::awaitable<Result<HttpResponse>> RunHop(std::shared_ptr<ClientImpl> client, HopPtr hop) {
  if (const std::shared_ptr<Stream> kept = client->pool.Take(hop->PoolKey()); kept != nullptr && kept->IsQuiet()) {
    ExchangeOutcome outcome = co_await asio::co_spawn(kept->executor(), Send(client, hop, kept), asio::use_awaitable);
    // The peer may close a connection at the very moment that it is used again; nothing was answered, so ask anew.
    if (!outcome.unanswered || hop->request.stop.stop_requested()) co_return std::move(outcome.response);
  }
  const auto strand = asio::make_strand(client->executor);
  ExchangeOutcome outcome = co_await asio::co_spawn(strand, ConnectAndSend(client, hop), asio::use_awaitable);
  co_return std::move(outcome.response);
}

// One hop with what the server asks for as a proof, which is renewed once when it was refused.
asio::awaitable<Result<HttpResponse>> AskOnce(std::shared_ptr<ClientImpl> client, const HttpRequest& request,
                                              const Url& url, Trust trust, IoClock::time_point deadline) {
  Result<std::optional<Url>> proxy = std::optional<Url>();
  if (request.unix_socket.empty()) proxy = ChooseProxy(url, client->options);
  if (proxy.has_error()) co_return proxy.error();
  RequestAuth* const auth = trust == Trust::kSameHost ? client->options.auth.get() : nullptr;
  for (bool again = false;; again = true) {
    const auto hop = std::make_shared<Hop>(Hop{request, url, trust, deadline, *proxy});
    if (auth != nullptr) {
      const auto status = co_await auth->Authorize(client->executor, hop->url, hop->request, deadline);
      if (status.has_error()) co_return status.error();
    }
    Result<HttpResponse> response = co_await RunHop(client, hop);
    const bool refused = response.has_value() && response->status == 401;
    if (!refused || auth == nullptr || !auth->Renew(hop->request) || again) co_return response;
  }
}

asio::awaitable<Result<HttpResponse>> FollowHops(std::shared_ptr<ClientImpl> client, HttpRequest request) {
  const IoClock::time_point deadline = IoClock::now() + milliseconds(request.timeout_ms);
  const std::string verb = Verb(request.method);
  auto url = ParseUrl(request.url);
  if (url.has_error()) co_return Prefixed(url.error(), fmt::format("{} \"{}\"", verb, request.url));
  const std::string first_host = url->host;
  for (int redirects = 0;; ++redirects) {
    const std::string context = fmt::format("{} \"{}\"", verb, url->ToString());
    const Trust trust = url->host == first_host ? Trust::kSameHost : Trust::kOtherHost;
    Result<HttpResponse> response = co_await AskOnce(client, request, *url, trust, deadline);
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
