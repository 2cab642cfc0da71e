#include "server/app/web_address.h"

#include <algorithm>

#include <fmt/format.h>

namespace vigia::server {
namespace {

std::string TrimSlashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return path.empty() ? std::string() : "/" + std::string(path);
}

bool HasBlank(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return c == ' ' || static_cast<unsigned char>(c) < 32; });
}

bool IsQuote(char c) { return c == '"' || c == '\''; }

storage::Error Refused(std::string_view url, std::string_view why) {
  return storage::Error{storage::Errc::kInvalid, fmt::format("parse external URL \"{}\": {}", url, why)};
}

// A text without a scheme is a path, unless a port tells that it begins with a host.
bool BeginsWithHost(std::string_view text) {
  const std::size_t colon = text.substr(0, text.find('/')).find(':');
  return colon != std::string_view::npos && colon > 0;
}

}  // namespace

storage::Result<WebAddress> ResolveWebAddress(std::string_view external_url, std::string_view route_prefix,
                                              std::string_view host_name, std::string_view listen_address) {
  std::string url(external_url);
  if (url.empty()) {
    url = fmt::format("http://{}:{}", host_name, listen_address.substr(listen_address.rfind(':') + 1));
  }
  if (IsQuote(url.front()) || IsQuote(url.back())) return Refused(url, "URL must not begin or end with quotes");
  if (HasBlank(url)) return Refused(url, "URL must not contain blanks");
  if (url.find("://") == std::string::npos && BeginsWithHost(url)) url.insert(0, "http://");
  const std::size_t scheme = url.find("://");
  if (scheme == 0) return Refused(url, "missing protocol scheme");
  const std::size_t host = scheme == std::string::npos ? 0 : scheme + 3;
  if (scheme != std::string::npos && (host == url.size() || url[host] == '/')) return Refused(url, "missing host");
  if (url.find_first_of("?#") != std::string::npos) return Refused(url, "URL must not have a query or a fragment");
  const std::size_t path = scheme == std::string::npos ? 0 : std::min(url.find('/', host), url.size());
  const std::string url_path = TrimSlashes(std::string_view(url).substr(path));
  WebAddress address;
  address.external_url = url.substr(0, path) + url_path;
  address.route_prefix = route_prefix.empty() ? url_path : TrimSlashes(route_prefix);
  return address;
}

}  // namespace vigia::server
