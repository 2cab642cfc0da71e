// Opens connections to local sockets by path. Internal to the room.
#pragma once

#include <stop_token>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "server/http/stream.h"
#include "storage/model/error.h"

namespace vigia::server {

// Runs on the calling coroutine's executor, which must be a strand and becomes the socket's. The socket has the type of
// TCP sockets, so that streams need no second kind: reading, writing and closing are the same for both families.
// Errors: "dial unix /path: connect: no such file or directory", and as for Dial() the deadline and a stop.
boost::asio::awaitable<storage::Result<boost::asio::ip::tcp::socket>> DialUnix(std::string path,
                                                                               IoClock::time_point deadline,
                                                                               std::stop_token stop);

}  // namespace vigia::server
