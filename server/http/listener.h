// Opens a listening socket. Internal to the room.
#pragma once

#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "storage/model/error.h"

namespace vigia::server {

// `address` as in HttpServerOptions::listen; a host name is resolved, blocking. ":port" takes IPv6 and IPv4.
storage::Result<boost::asio::ip::tcp::acceptor> Listen(const boost::asio::any_io_executor& executor,
                                                       const std::string& address);

}  // namespace vigia::server
