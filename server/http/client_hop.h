// One request to one URL, and the connection for it. Internal to the room.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "server/http/client_exchange.h"
#include "server/http/client_head.h"
#include "server/http/tls_cache.h"

namespace vigia::server {

// Shared by the coroutines that work on it, which may run on a strand of the client while the caller waits elsewhere.
struct Hop {
  HttpRequest request;
  Url url;
  Trust trust;
  IoClock::time_point deadline;
  std::optional<Url> proxy;

  // Whether the proxy only passes bytes on.
  bool Tunnels() const { return proxy.has_value() && url.scheme == "https"; }
  // Connections with equal keys may take each other's requests.
  std::string PoolKey() const;
  ExchangeLimits Limits(const ClientOptions& options) const {
    return {request.max_body_bytes, options.max_header_bytes, request.expected_body_bytes, deadline,
            request.on_body ? &request.on_body : nullptr};
  }
};

// "user:password" of a proxy's URL as the value of Proxy-Authorization.
std::string ProxyAuthorization(const Url& proxy);

// Opens a connection on which the request may be written: to the host, to the proxy, or to the host through it. Runs on
// the calling coroutine's strand. `options` and `tls` live until the end.
boost::asio::awaitable<storage::Result<std::shared_ptr<Stream>>> Connect(std::shared_ptr<const Hop> hop,
                                                                         const ClientOptions& options, TlsCache& tls);

}  // namespace vigia::server
