#include "server/discovery/client_config.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;

std::optional<TlsVersion> ToTlsVersion(config::TlsVersion version) {
  switch (version) {
    case config::TlsVersion::kUnset: return std::nullopt;
    case config::TlsVersion::kTls10: return TlsVersion::kTls10;
    case config::TlsVersion::kTls11: return TlsVersion::kTls11;
    case config::TlsVersion::kTls12: return TlsVersion::kTls12;
    case config::TlsVersion::kTls13: return TlsVersion::kTls13;
  }
  return std::nullopt;
}

TlsOptions ToTlsOptions(const config::TlsConfig& config) {
  TlsOptions tls;
  tls.ca_file = config.ca_file;
  tls.ca_pem = config.ca;
  tls.cert_file = config.cert_file;
  tls.cert_pem = config.cert;
  tls.key_file = config.key_file;
  tls.key_pem = config.key.Reveal();
  tls.server_name = config.server_name;
  tls.insecure_skip_verify = config.insecure_skip_verify;
  tls.min_version = ToTlsVersion(config.min_version).value_or(TlsVersion::kTls12);
  tls.max_version = ToTlsVersion(config.max_version);
  return tls;
}

storage::Result<std::string> ReadTrimmed(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return Error{Errc::kIo, fmt::format("unable to read file {}", path)};
  std::string text(std::istreambuf_iterator<char>(in), {});
  text.erase(text.find_last_not_of(" \t\r\n") + 1);
  text.erase(0, text.find_first_not_of(" \t\r\n"));
  return text;
}

storage::Status AddHeaders(const std::vector<config::HttpHeader>& headers, ClientOptions& options) {
  for (const config::HttpHeader& header : headers) {
    for (const std::string& value : header.values) options.headers.emplace_back(header.name, value);
    for (const config::Secret& secret : header.secrets) options.headers.emplace_back(header.name, secret.Reveal());
    for (const std::string& file : header.files) {
      auto value = ReadTrimmed(file);
      if (!value) return Prefixed(value.error(), fmt::format("http header {}", header.name));
      options.headers.emplace_back(header.name, std::move(*value));
    }
  }
  return {};
}

std::string Environment(const char* lower, const char* upper) {
  if (const char* value = std::getenv(lower)) return value;
  if (const char* value = std::getenv(upper)) return value;
  return {};
}

void AddProxy(const config::ProxyConfig& proxy, ClientOptions& options) {
  options.proxy_url = proxy.proxy_url;
  options.no_proxy = proxy.no_proxy;
  if (proxy.proxy_from_environment) {
    options.proxy_url = Environment("http_proxy", "HTTP_PROXY");
    options.no_proxy = Environment("no_proxy", "NO_PROXY");
  }
  for (const config::ProxyHeader& header : proxy.proxy_connect_header) {
    for (const config::Secret& value : header.values) {
      options.proxy_connect_headers.emplace_back(header.name, value.Reveal());
    }
  }
}

}  // namespace

storage::Result<ClientOptions> ToClientOptions(const config::HttpClientConfig& config, std::string user_agent) {
  if (config.oauth2) return Error{Errc::kInvalid, "oauth2 is not supported"};
  ClientOptions options;
  options.user_agent = std::move(user_agent);
  options.follow_redirects = config.follow_redirects;
  options.tls = ToTlsOptions(config.tls_config);
  if (config.basic_auth) {
    options.basic_auth = BasicAuthOptions{config.basic_auth->username, config.basic_auth->username_file,
                                          config.basic_auth->password.Reveal(), config.basic_auth->password_file};
  }
  if (config.authorization) {
    options.authorization = AuthorizationOptions{config.authorization->type, config.authorization->credentials.Reveal(),
                                                 config.authorization->credentials_file};
  }
  AddProxy(config.proxy, options);
  if (const auto status = AddHeaders(config.http_headers, options); !status) return status.error();
  return options;
}

}  // namespace vigia::server
