// How an HTTP client authenticates, encrypts and proxies: inlined in scrape, discovery and Alertmanager configurations
// (surface.md 3.6; Prometheus common/config). File paths are already resolved against the configuration's folder; the
// files themselves are read by who makes the requests, each time, so that a changed file counts at once.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "config/schema/secret.h"

namespace vigia::config {

using StringMap = std::vector<std::pair<std::string, std::string>>;  // Sorted by key, keys unique.

enum class TlsVersion { kUnset, kTls10, kTls11, kTls12, kTls13 };

struct TlsConfig {
  std::string ca;  // PEM text.
  std::string ca_file;
  std::string cert;
  std::string cert_file;
  Secret key;
  std::string key_file;
  std::string server_name;
  bool insecure_skip_verify = false;
  TlsVersion min_version = TlsVersion::kUnset;
  TlsVersion max_version = TlsVersion::kUnset;

  bool operator==(const TlsConfig&) const = default;
};

// At most one of each value and its file is set.
struct BasicAuth {
  std::string username;
  std::string username_file;
  Secret password;
  std::string password_file;

  bool operator==(const BasicAuth&) const = default;
};

// The header "Authorization: <type> <credentials>". At most one of the two sources is set. bearer_token and
// bearer_token_file end up here too.
struct Authorization {
  std::string type = "Bearer";
  Secret credentials;
  std::string credentials_file;

  bool operator==(const Authorization&) const = default;
};

struct ProxyHeader {
  std::string name;
  std::vector<Secret> values;
  bool operator==(const ProxyHeader&) const = default;
};

struct ProxyConfig {
  std::string proxy_url;  // "" = none. May hold a password: show it through RedactedUrl().
  std::string no_proxy;
  bool proxy_from_environment = false;
  std::vector<ProxyHeader> proxy_connect_header;

  bool operator==(const ProxyConfig&) const = default;
};

struct OAuth2 {
  std::string client_id;
  Secret client_secret;
  std::string client_secret_file;
  Secret client_certificate_key;
  std::string client_certificate_key_file;
  std::string client_certificate_key_id;
  std::string grant_type;           // "" = client_credentials.
  std::string signature_algorithm;  // "" = RS256.
  std::string iss;
  std::string audience;
  StringMap claims;
  std::vector<std::string> scopes;
  std::string token_url;
  StringMap endpoint_params;
  TlsConfig tls_config;
  ProxyConfig proxy;

  bool operator==(const OAuth2&) const = default;
};

// A request header to add; the values of all three lists are sent.
struct HttpHeader {
  std::string name;
  std::vector<std::string> values;
  std::vector<Secret> secrets;
  std::vector<std::string> files;

  bool operator==(const HttpHeader&) const = default;
};

struct HttpClientConfig {
  // At most one of these three is set.
  std::optional<BasicAuth> basic_auth;
  std::optional<Authorization> authorization;
  std::optional<OAuth2> oauth2;
  TlsConfig tls_config;
  bool follow_redirects = true;
  bool enable_http2 = true;
  ProxyConfig proxy;
  std::vector<HttpHeader> http_headers;  // Sorted by name.

  bool operator==(const HttpClientConfig&) const = default;
};

}  // namespace vigia::config
