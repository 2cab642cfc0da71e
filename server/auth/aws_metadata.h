// Keys that containers and instances of AWS are given. Internal to the room.
#pragma once

#include <chrono>
#include <functional>
#include <stop_token>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "server/auth/sigv4_signature.h"
#include "server/http/client.h"
#include "storage/model/error.h"

namespace vigia::server {

// Keys, and until when they are good.
struct LeasedKeys {
  AwsKeys keys;
  storage::TimestampMs renew_ms = 0;  // Some time before their end.
};

// "2015-08-30T12:36:00Z", as AWS writes the end of keys, and the time to renew them. 0: it is no time.
storage::TimestampMs RenewalOf(const std::string& expiration);

// Asks the container's endpoint when the environment names one (AWS_CONTAINER_CREDENTIALS_FULL_URI or _RELATIVE_URI),
// else the instance's metadata service, version 2, unless AWS_EC2_METADATA_DISABLED is true. Each request takes a
// second at most: elsewhere nobody answers. kIo.
boost::asio::awaitable<storage::Result<LeasedKeys>> AskMetadata(HttpClient& client,
                                                                std::function<std::string(const char*)> environment,
                                                                std::stop_token stop);

}  // namespace vigia::server
