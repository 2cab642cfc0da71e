// What an HTTP client of the server may be told (surface.md 3.6), free of any HTTP or TLS library.
#pragma once

#include <cstdint>
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

struct ClientOptions {
  std::string user_agent;                      // "Prometheus/3.x"; empty: none is sent.
  std::optional<BasicAuthOptions> basic_auth;  // At most one of these two.
  std::optional<AuthorizationOptions> authorization;
  std::vector<std::pair<std::string, std::string>> headers;  // http_headers: sent with every request.
  TlsOptions tls;
  bool follow_redirects = true;
  std::string proxy_url;  // Empty: none. http:// only.
  std::string no_proxy;   // Comma list of hosts, ".domains" and "*"; these go direct.
  std::vector<std::pair<std::string, std::string>> proxy_connect_headers;
  std::size_t max_idle_per_target = 2;
  std::size_t max_idle_total = 4096;
  std::int64_t idle_timeout_ms = 300'000;  // A connection unused for longer is not used again.
  std::size_t max_header_bytes = 64 * 1024;
};

}  // namespace vigia::server
