// First lines of a client's request. Internal to the room.
#pragma once

#include <string>

#include "server/http/client.h"
#include "server/http/url.h"

namespace vigia::server {

// kSameHost: secrets of the options may go along; kOtherHost: after a redirect elsewhere, they may not.
enum class Trust { kSameHost, kOtherHost };
enum class TargetForm { kOrigin, kAbsolute };  // kAbsolute is for plain HTTP proxies.

// Request line and headers with the empty line behind them. kIo when a file with a secret cannot be read, kInvalid for
// header names or values that would break the request apart.
storage::Result<std::string> FormatRequestHead(const HttpRequest& request, const Url& url, const ClientOptions& options,
                                               Trust trust, TargetForm form);

}  // namespace vigia::server
