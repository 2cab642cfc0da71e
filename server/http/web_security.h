// What --web.config.file says (surface.md 3.11), free of any TLS library.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/http/client_options.h"
#include "server/http/rate_limiter.h"
#include "storage/model/error.h"

namespace vigia::server {

enum class ClientAuthType { kNone, kRequest, kRequireAny, kVerifyIfGiven, kRequireAndVerify };

struct TlsServerOptions {
  std::string cert_file;
  std::string cert_pem;
  std::string key_file;
  std::string key_pem;
  std::string client_ca_file;
  std::string client_ca_pem;
  ClientAuthType client_auth = ClientAuthType::kNone;
  std::vector<std::string> client_allowed_sans;
  TlsVersion min_version = TlsVersion::kTls12;
  TlsVersion max_version = TlsVersion::kTls13;
  std::string cipher_suites;  // OpenSSL names, colon-separated, for TLS up to 1.2; empty: the library's.
  std::string curves;         // OpenSSL group names, colon-separated; empty: the library's.
};

struct WebSecurity {
  std::optional<TlsServerOptions> tls;
  std::map<std::string, std::string> users;                  // Name to bcrypt hash; empty: no authentication.
  std::vector<std::pair<std::string, std::string>> headers;  // Added to every response.
  std::shared_ptr<RateLimiter> limiter;                      // Of all requests; null: none.
};

// Asked at Start and for every new connection, so that a changed file is used at once; returns the same pointer while
// nothing changed. An error refuses the connection (and Start). Called from I/O threads; thread-safe. Empty function:
// none.
using WebSecuritySource = std::function<storage::Result<std::shared_ptr<const WebSecurity>>()>;

}  // namespace vigia::server
