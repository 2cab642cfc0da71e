#include "server/http/client_hop.h"

#include <fmt/format.h>

#include "server/http/basic_auth.h"
#include "server/http/dialer.h"
#include "server/http/host_port.h"
#include "server/http/text.h"
#include "server/http/unix_dialer.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using storage::Errc;
using storage::Error;
using storage::Result;

using StreamPtr = std::shared_ptr<Stream>;
using HopPtr = std::shared_ptr<const Hop>;

// Asks a proxy for a tunnel to the target; what goes over the stream afterwards is between the target and us.
asio::awaitable<storage::Status> OpenTunnel(HopPtr hop, const ClientOptions& options, StreamPtr stream) {
  const std::string authority = JoinHostPort(hop->url.host, hop->url.port);
  std::string head = fmt::format("CONNECT {0} HTTP/1.1\r\nHost: {0}\r\n", authority);
  if (!options.user_agent.empty()) head += fmt::format("User-Agent: {}\r\n", options.user_agent);
  if (!hop->proxy->user_info.empty()) {
    head += fmt::format("Proxy-Authorization: {}\r\n", ProxyAuthorization(*hop->proxy));
  }
  for (const auto& [name, value] : options.proxy_connect_headers) {
    if ((name + value).find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos) {
      co_return Error{Errc::kInvalid, "net/http: invalid header field in proxy_connect_header \"" + name + "\""};
    }
    head += fmt::format("{}: {}\r\n", name, value);
  }
  head += "\r\n";
  ExchangeOutcome outcome =
      co_await Exchange(stream, head, "", AnswerKind::kBodyless, hop->Limits(options), hop->request.stop);
  if (outcome.response.has_error()) co_return Prefixed(outcome.response.error(), "proxyconnect tcp");
  if (outcome.response->status != 200) {
    const std::string_view known = StatusText(outcome.response->status);
    co_return Error{Errc::kIo, known.empty() ? fmt::format("unknown status code {}", outcome.response->status)
                                             : std::string(known)};
  }
  co_return storage::Status();
}

asio::awaitable<Result<StreamPtr>> Encrypt(HopPtr hop, std::string host, const ClientOptions& options, TlsCache& tls,
                                           StreamPtr stream) {
  auto context = tls.Get(options.tls);
  if (context.has_error()) co_return context.error();
  co_return co_await ConnectTls(std::move(stream), *std::move(context), std::move(host), hop->deadline,
                                hop->request.stop);
}

}  // namespace

std::string Hop::PoolKey() const {
  const std::string through = proxy.has_value() ? proxy->scheme + "://" + proxy->Authority() : std::string();
  return fmt::format("{}://{}:{}|{}|{}", url.scheme, url.host, url.port, through, request.unix_socket);
}

std::string ProxyAuthorization(const Url& proxy) {
  std::string_view password = proxy.user_info;
  const std::string_view user = CutUntil(password, ':');
  return FormatBasicAuth(PercentDecode(user).value_or(std::string(user)),
                         PercentDecode(password).value_or(std::string(password)));
}

asio::awaitable<Result<StreamPtr>> Connect(HopPtr hop, const ClientOptions& options, TlsCache& tls) {
  const std::string& path = hop->request.unix_socket.empty() ? options.unix_socket : hop->request.unix_socket;
  if (!path.empty()) {
    auto local = co_await DialUnix(path, hop->deadline, hop->request.stop);
    if (local.has_error()) co_return local.error();
    StreamPtr stream = MakePlainStream(*std::move(local));
    if (hop->url.scheme != "https") co_return stream;
    co_return co_await Encrypt(hop, hop->url.host, options, tls, std::move(stream));
  }
  const Url& first = hop->proxy.has_value() ? *hop->proxy : hop->url;
  auto socket = co_await Dial(first.host, first.port, hop->deadline, hop->request.stop);
  if (socket.has_error()) {
    co_return hop->proxy.has_value() ? Prefixed(socket.error(), "proxyconnect tcp") : socket.error();
  }
  StreamPtr stream = MakePlainStream(*std::move(socket));
  if (hop->proxy.has_value() && hop->proxy->scheme == "https") {
    auto encrypted = co_await Encrypt(hop, hop->proxy->host, options, tls, std::move(stream));
    if (encrypted.has_error()) co_return Prefixed(encrypted.error(), "proxyconnect tcp");
    stream = *std::move(encrypted);
  }
  if (hop->url.scheme != "https") co_return stream;
  if (hop->Tunnels()) {
    const storage::Status tunnel = co_await OpenTunnel(hop, options, stream);
    if (tunnel.has_error()) co_return tunnel.error();
  }
  co_return co_await Encrypt(hop, hop->url.host, options, tls, std::move(stream));
}

}  // namespace vigia::server
