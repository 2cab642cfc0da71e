#include "server/http/host_port.h"

#include <charconv>

#include <fmt/format.h>

namespace vigia::server {

storage::Result<HostPort> ParseHostPort(std::string_view text) {
  const auto fail = [&](std::string_view why) {
    return storage::Error{storage::Errc::kInvalid, fmt::format("address {}: {}", text, why)};
  };
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return fail("missing port in address");
  std::string_view host = text.substr(0, colon);
  const std::string_view port_text = text.substr(colon + 1);
  if (!host.empty() && host.front() == '[') {
    if (host.back() != ']') return fail("missing ']' in address");
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return fail("too many colons in address");
  }
  if (host.find_first_of("[]/ ") != std::string_view::npos) return fail("unexpected character in address");
  HostPort result{std::string(host), 0};
  const auto [end, ec] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), result.port);
  if (ec != std::errc() || end != port_text.data() + port_text.size()) return fail("invalid port");
  return result;
}

std::string JoinHostPort(std::string_view host, std::uint16_t port) {
  if (host.find(':') != std::string_view::npos) return fmt::format("[{}]:{}", host, port);
  return fmt::format("{}:{}", host, port);
}

}  // namespace vigia::server
