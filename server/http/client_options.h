// What an HTTP client of the server may be told (surface.md 3.6), free of any HTTP or TLS library.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace vigia::server {

enum class TlsVersion { kTls10, kTls11, kTls12, kTls13 };

// Files win over inline PEM text; both empty: the system's certificate authorities, no client certificate.
struct TlsOptions {
  std::string ca_file;
  std::string ca_pem;
  std::string cert_file;
  std::string cert_pem;
  std::string key_file;
  std::string key_pem;
  std::string server_name;  // For SNI and verification; empty: the host of the URL.
  bool insecure_skip_verify = false;
  TlsVersion min_version = TlsVersion::kTls12;
  std::optional<TlsVersion> max_version;
};

// Files are read for every request, so that a rotated secret is used at once.
struct BasicAuthOptions {
  std::string username;
  std::string username_file;
  std::string password;
  std::string password_file;
};

struct AuthorizationOptions {
  std::string type = "Bearer";
  std::string credentials;
  std::string credentials_file;
};

class RequestAuth;  // request_auth.h

struct ClientOptions {
  std::string user_agent;                      // "Prometheus/3.x"; empty: none is sent.
  std::optional<BasicAuthOptions> basic_auth;  // At most one of these two.
  std::optional<AuthorizationOptions> authorization;
  std::shared_ptr<RequestAuth> auth;                         // Null: none.
  std::vector<std::pair<std::string, std::string>> headers;  // http_headers: sent with every request.
  TlsOptions tls;
  std::string unix_socket;  // Path of the socket to connect to instead of the URL's host and any proxy; empty: none.
  bool follow_redirects = true;
  std::string proxy_url;  // http:// or https://, the latter by the rules of `tls`. Empty: none.
  // For https:// targets instead of proxy_url, when it is set; empty: these go direct.
  std::optional<std::string> https_proxy_url;
  // Comma list of hosts, domains, addresses and networks that are asked directly (proxy_choice.h). While it is not
  // empty, or `proxy_skips_local` is set, this machine is, too.
  std::string no_proxy;
  bool proxy_skips_local = false;
  std::vector<std::pair<std::string, std::string>> proxy_connect_headers;
  std::size_t max_idle_per_target = 2;
  std::size_t max_idle_total = 4096;
  std::int64_t idle_timeout_ms = 300'000;  // A connection unused for longer is not used again.
  std::size_t max_header_bytes = 64 * 1024;
};

}  // namespace vigia::server
