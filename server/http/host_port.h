// "host:port" texts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/model/error.h"

namespace vigia::server {

struct HostPort {
  std::string host;  // Without brackets; may be empty in listen addresses.
  std::uint16_t port = 0;
};

// "a:1", "1.2.3.4:1", "[::1]:1", ":1"; kInvalid without a port from 0 to 65535 or with a naked IPv6 address.
storage::Result<HostPort> ParseHostPort(std::string_view text);

// Puts IPv6 addresses into brackets.
std::string JoinHostPort(std::string_view host, std::uint16_t port);

}  // namespace vigia::server
