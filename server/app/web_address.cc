#include "server/app/web_address.h"

#include <fmt/format.h>

namespace vigia::server {
namespace {

std::string TrimSlashes(std::string_view path) {
  while (path.ends_with('/')) path.remove_suffix(1);
  while (path.starts_with('/')) path.remove_prefix(1);
  return path.empty() ? std::string() : "/" + std::string(path);
}

}  // namespace

storage::Result<WebAddress> ResolveWebAddress(std::string_view external_url, std::string_view route_prefix,
                                              std::string_view host_name, std::string_view listen_address) {
  std::string url(external_url);
  if (url.empty()) {
    url = fmt::format("http://{}:{}", host_name, listen_address.substr(listen_address.rfind(':') + 1));
  }
  if (url.find("://") == std::string::npos) url.insert(0, "http://");
  const std::size_t host = url.find("://") + 3;
  const std::string scheme = url.substr(0, host - 3);
  if ((scheme != "http" && scheme != "https") || url.find_first_of("?#\"' ") != std::string::npos ||
      host >= url.size() || url[host] == '/') {
    return storage::Error{
        storage::Errc::kInvalid,
        fmt::format("--web.external-url: \"{}\" is not an http or https URL with a host", external_url)};
  }
  const std::size_t path = url.find('/', host);
  const std::string url_path = path == std::string::npos ? std::string() : TrimSlashes(url.substr(path));
  WebAddress address;
  address.external_url = url.substr(0, path) + url_path;
  address.route_prefix = route_prefix.empty() ? url_path : TrimSlashes(route_prefix);
  return address;
}

}  // namespace vigia::server
