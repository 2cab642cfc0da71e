// Which proxy a request goes through. Internal to the room.
#pragma once

#include <optional>
#include <string_view>

#include "server/http/client_options.h"
#include "server/http/url.h"
#include "storage/model/error.h"

namespace vigia::server {

// Whether one of the entries of `no_proxy` exempts the host of `url`, by the rules of golang.org/x/net/http/httpproxy:
// "*", "host" and "domain" with all below it, ".domain" or "*.domain" with what is below only, "1.2.3.4", "1.2.0.0/16",
// "::1"; all but networks also with ":port". Names of local hosts and loopback addresses need no entry.
bool BypassesProxy(std::string_view no_proxy, const Url& url);

// Nothing: go direct. kInvalid for a proxy URL that cannot be used.
storage::Result<std::optional<Url>> ChooseProxy(const Url& url, const ClientOptions& options);

}  // namespace vigia::server
