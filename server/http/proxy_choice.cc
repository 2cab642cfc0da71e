#include "server/http/proxy_choice.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>

#include <boost/asio/ip/address.hpp>

#include "server/http/text.h"

namespace vigia::server {
namespace {

using boost::asio::ip::address;
using storage::Result;

std::optional<address> ToAddress(std::string_view text) {
  boost::system::error_code error;
  const address parsed = boost::asio::ip::make_address(std::string(text), error);
  if (error) return std::nullopt;
  return parsed;
}

// The bytes of an address in IPv6's form, so that both kinds compare.
boost::asio::ip::address_v6::bytes_type Bytes(const address& a) {
  if (a.is_v6()) return a.to_v6().to_bytes();
  return boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, a.to_v4()).to_bytes();
}

// "10.0.0.0/8".
bool InNetwork(std::string_view network, std::string_view length_text, const address& host) {
  const auto base = ToAddress(network);
  unsigned length = 0;
  const auto [end, error] = std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (!base || error != std::errc() || end != length_text.data() + length_text.size()) return false;
  if (base->is_v4() != host.is_v4() || length > (base->is_v4() ? 32u : 128u)) return false;
  if (base->is_v4()) length += 96;
  const auto a = Bytes(*base);
  const auto b = Bytes(host);
  const std::size_t whole = length / 8;
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const unsigned rest = length % 8;
  return rest == 0 || (a[whole] >> (8 - rest)) == (b[whole] >> (8 - rest));
}

struct Entry {
  std::string host;
  std::string port;  // Empty: any.
};

// "host", "host:port", "::1", "[::1]:80".
Entry SplitEntry(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  const bool one_colon = colon != std::string_view::npos && text.find(':') == colon;
  const bool bracketed = !text.empty() && text.front() == '[' && text.find("]:") != std::string_view::npos;
  if (!one_colon && !bracketed) return {std::string(text), ""};
  std::string_view host = text.substr(0, colon);
  if (bracketed) host = host.substr(1, host.size() - 2);
  return {std::string(host), std::string(text.substr(colon + 1))};
}

bool Exempts(std::string_view text, const Url& url, const std::optional<address>& host) {
  if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
    return host.has_value() && InNetwork(text.substr(0, slash), text.substr(slash + 1), *host);
  }
  Entry entry = SplitEntry(text);
  if (entry.host.empty() || (!entry.port.empty() && entry.port != std::to_string(url.port))) return false;
  if (const auto named = ToAddress(entry.host)) return host.has_value() && Bytes(*named) == Bytes(*host);
  if (entry.host.starts_with("*.")) entry.host.erase(0, 1);
  if (entry.host.front() != '.') {
    if (url.host == entry.host) return true;
    entry.host.insert(0, 1, '.');
  }
  return url.host.ends_with(entry.host);
}

bool IsLocal(const Url& url, const std::optional<address>& host) {
  return url.host == "localhost" || (host.has_value() && host->is_loopback());
}

}  // namespace

bool BypassesProxy(std::string_view no_proxy, const Url& url) {
  const std::optional<address> host = ToAddress(url.host);
  if (IsLocal(url, host)) return true;
  while (!no_proxy.empty()) {
    std::string entry(TrimBlanks(CutUntil(no_proxy, ',')));
    std::transform(entry.begin(), entry.end(), entry.begin(), LowerAscii);
    if (entry == "*" || (!entry.empty() && Exempts(entry, url, host))) return true;
  }
  return false;
}

Result<std::optional<Url>> ChooseProxy(const Url& url, const ClientOptions& options) {
  const bool own = url.scheme == "https" && options.https_proxy_url.has_value();
  std::string text = own ? *options.https_proxy_url : options.proxy_url;
  if (text.empty()) return std::optional<Url>();
  if ((!options.no_proxy.empty() || options.proxy_skips_local) && BypassesProxy(options.no_proxy, url)) {
    return std::optional<Url>();
  }
  if (text.find("://") == std::string::npos) text.insert(0, "http://");
  auto proxy = ParseUrl(text);
  if (proxy.has_error()) return Prefixed(proxy.error(), "proxy_url");
  return std::optional<Url>(*std::move(proxy));
}

}  // namespace vigia::server
