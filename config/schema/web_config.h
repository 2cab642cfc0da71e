// The file of --web.config.file: who may talk to the server, and how (surface.md 3.11; Prometheus' exporter-toolkit).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/http_client_config.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

enum class ClientAuth { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };
std::string_view ToString(ClientAuth auth);  // "NoClientCert", …

// At most one of each text and its file is set. Files are resolved; who serves reads them, each time they change.
struct WebTlsConfig {
  std::string cert;
  std::string cert_file;
  Secret key;
  std::string key_file;
  std::string client_ca;
  std::string client_ca_file;
  ClientAuth client_auth_type = ClientAuth::kNone;
  std::vector<std::string> client_allowed_sans;
  TlsVersion min_version = TlsVersion::kTls12;
  TlsVersion max_version = TlsVersion::kTls13;
  bool prefer_server_cipher_suites = true;
  std::vector<std::string> cipher_suites;      // Names of TLS up to 1.2 and of 1.3, as IANA has them.
  std::vector<std::string> curve_preferences;  // CurveP256, CurveP384, CurveP521, X25519.

  bool operator==(const WebTlsConfig&) const = default;
};

struct WebHttpConfig {
  bool http2 = true;  // Accepted for compatibility: only HTTP/1.1 is spoken.
  StringMap headers;  // Added to every response.

  bool operator==(const WebHttpConfig&) const = default;
};

// One request each interval, and `burst` at once. An interval of 0: no limit.
struct RateLimitConfig {
  storage::DurationMs interval_ms = 0;
  std::int64_t burst = 0;

  bool operator==(const RateLimitConfig&) const = default;
};

struct WebConfig {
  std::optional<WebTlsConfig> tls_server_config;
  WebHttpConfig http_server_config;
  StringMap basic_auth_users;  // Name to bcrypt hash.
  RateLimitConfig rate_limit;

  bool operator==(const WebConfig&) const = default;
};

// Errors as LoadConfig() gives them.
storage::Result<WebConfig> LoadWebConfig(const std::string& path);
storage::Result<WebConfig> ParseWebConfig(std::string_view text, const std::string& file_name);

}  // namespace vigia::config
