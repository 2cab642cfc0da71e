// Under which URL the server is known outside, and below which path its routes lie (surface.md 2.1).
#pragma once

#include <string>
#include <string_view>

#include "storage/model/error.h"

namespace vigia::server {

struct WebAddress {
  std::string external_url;  // Without a final slash; only a path where no host was given.
  std::string route_prefix;  // "" or "/a/b".
};

// `external_url` and `route_prefix` as the flags gave them, maybe empty; then host name and port of the first listener
// decide. A text without "://" is a path, as with Prometheus; but host:port, which Prometheus makes nothing useful of,
// gets http://. kInvalid for quotes around it, blanks, a query, and a scheme without a host.
storage::Result<WebAddress> ResolveWebAddress(std::string_view external_url, std::string_view route_prefix,
                                              std::string_view host_name, std::string_view listen_address);

}  // namespace vigia::server
