#include "server/http/listener.h"

#include <boost/asio/ip/v6_only.hpp>
#include <fmt/format.h>

#include "server/http/error_text.h"
#include "server/http/host_port.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

error_code OpenOn(tcp::acceptor& acceptor, const tcp::endpoint& endpoint) {
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (error) return error;
  acceptor.set_option(tcp::acceptor::reuse_address(true), error);
  if (endpoint.protocol() == tcp::v6() && endpoint.address().is_unspecified()) {
    acceptor.set_option(asio::ip::v6_only(false), error);
  }
  acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) {
    error_code ignored;
    acceptor.close(ignored);
  }
  return error;
}

}  // namespace

storage::Result<tcp::acceptor> Listen(const asio::any_io_executor& executor, const std::string& address) {
  const auto host_port = ParseHostPort(address);
  if (host_port.has_error()) return storage::Prefixed(host_port.error(), "listen tcp");
  std::vector<tcp::endpoint> endpoints;
  error_code error;
  if (host_port->host.empty()) {
    endpoints = {{tcp::v6(), host_port->port}, {tcp::v4(), host_port->port}};  // The second where IPv6 is switched off.
  } else {
    tcp::resolver resolver(executor);
    for (const auto& entry : resolver.resolve(host_port->host, std::to_string(host_port->port), error)) {
      endpoints.push_back(entry.endpoint());
    }
  }
  tcp::acceptor acceptor(executor);
  for (const tcp::endpoint& endpoint : endpoints) {
    error = OpenOn(acceptor, endpoint);
    if (!error) return acceptor;
  }
  return storage::Error{storage::Errc::kIo, fmt::format("listen tcp {}: bind: {}", address, GoErrorText(error))};
}

}  // namespace vigia::server
