// Opens connections to hosts by name. Internal to the room.
#pragma once

#include <cstdint>
#include <stop_token>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "server/http/stream.h"
#include "storage/model/error.h"

namespace vigia::server {

// Resolves and connects, address by address, until the deadline. Runs on the calling coroutine's executor, which must
// be a strand and becomes the socket's. Errors: "dial tcp 1.2.3.4:80: connect: connection refused", "dial tcp: lookup
// name: no such host", "context deadline exceeded" (kTimeout), "context canceled" (kCancelled).
boost::asio::awaitable<storage::Result<boost::asio::ip::tcp::socket>> Dial(std::string host, std::uint16_t port,
                                                                           IoClock::time_point deadline,
                                                                           std::stop_token stop);

}  // namespace vigia::server
