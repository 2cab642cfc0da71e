#include "server/app/web_security_file.h"

#include <mutex>

#include "config/schema/web_config.h"
#include "server/app/file_watch.h"

namespace vigia::server {
namespace {

ClientAuthType Convert(config::ClientAuth auth) {
  switch (auth) {
    case config::ClientAuth::kNone: return ClientAuthType::kNone;
    case config::ClientAuth::kRequest: return ClientAuthType::kRequest;
    case config::ClientAuth::kRequireAny: return ClientAuthType::kRequireAny;
    case config::ClientAuth::kVerifyIfGiven: return ClientAuthType::kVerifyIfGiven;
    case config::ClientAuth::kRequireAndVerify: return ClientAuthType::kRequireAndVerify;
  }
  return ClientAuthType::kRequireAndVerify;
}

TlsVersion Convert(config::TlsVersion version, TlsVersion unset) {
  switch (version) {
    case config::TlsVersion::kUnset: return unset;
    case config::TlsVersion::kTls10: return TlsVersion::kTls10;
    case config::TlsVersion::kTls11: return TlsVersion::kTls11;
    case config::TlsVersion::kTls12: return TlsVersion::kTls12;
    case config::TlsVersion::kTls13: return TlsVersion::kTls13;
  }
  return unset;
}

// The names of OpenSSL, where these are others.
void AddCiphers(const std::vector<std::string>& names, TlsServerOptions& options) {
  constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", "ECDHE-ECDSA-AES256-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "ECDHE-RSA-AES128-SHA"},
      {"TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "ECDHE-RSA-AES256-SHA"},
      {"TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "ECDHE-ECDSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "ECDHE-ECDSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "ECDHE-RSA-AES128-GCM-SHA256"},
      {"TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", "ECDHE-RSA-AES256-GCM-SHA384"},
      {"TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-RSA-CHACHA20-POLY1305"},
      {"TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "ECDHE-ECDSA-CHACHA20-POLY1305"}};
  for (const std::string& name : names) {
    for (const auto& [known, openssl] : kNames) {
      if (name == known) options.cipher_suites.append(options.cipher_suites.empty() ? "" : ":").append(openssl);
    }
  }
  // Those of TLS 1.3 cannot be chosen, as in Prometheus: whoever names no others wants no older version.
  if (!names.empty() && options.cipher_suites.empty()) options.min_version = TlsVersion::kTls13;
}

std::string CurvesOf(const std::vector<std::string>& names) {
  std::string out;
  for (const std::string& name : names) {
    out.append(out.empty() ? "" : ":").append(name == "X25519" ? name : "P-" + name.substr(name.size() - 3));
  }
  return out;
}

WebSecurity Convert(const config::WebConfig& config) {
  WebSecurity out;
  if (config.tls_server_config) {
    const config::WebTlsConfig& tls = *config.tls_server_config;
    TlsServerOptions& options = out.tls.emplace();
    options.cert_file = tls.cert_file;
    options.cert_pem = tls.cert;
    options.key_file = tls.key_file;
    options.key_pem = tls.key.Reveal();
    options.client_ca_file = tls.client_ca_file;
    options.client_ca_pem = tls.client_ca;
    options.client_auth = Convert(tls.client_auth_type);
    options.client_allowed_sans = tls.client_allowed_sans;
    options.min_version = Convert(tls.min_version, TlsVersion::kTls12);
    options.max_version = Convert(tls.max_version, TlsVersion::kTls13);
    AddCiphers(tls.cipher_suites, options);
    options.curves = CurvesOf(tls.curve_preferences);
  }
  for (const auto& [name, hash] : config.basic_auth_users) out.users.emplace(name, hash);
  for (const auto& header : config.http_server_config.headers) out.headers.push_back(header);
  if (config.rate_limit.interval_ms > 0) {
    out.limiter = std::make_shared<RateLimiter>(std::chrono::milliseconds(config.rate_limit.interval_ms),
                                                static_cast<double>(config.rate_limit.burst));
  }
  return out;
}

class Source {
 public:
  explicit Source(std::string path) : path_(std::move(path)) {}

  storage::Result<std::shared_ptr<const WebSecurity>> Get() {
    const std::lock_guard lock(mu_);
    const std::uint64_t checksum = ChecksumOf({path_});
    if (current_ && checksum == checksum_) return current_;
    auto config = config::LoadWebConfig(path_);
    if (!config) return config.error();
    checksum_ = checksum;
    current_ = std::make_shared<const WebSecurity>(Convert(*config));
    return current_;
  }

 private:
  const std::string path_;
  std::mutex mu_;
  std::uint64_t checksum_ = 0;
  std::shared_ptr<const WebSecurity> current_;
};

}  // namespace

WebSecuritySource WebSecurityFromFile(std::string path) {
  return [source = std::make_shared<Source>(std::move(path))] { return source->Get(); };
}

}  // namespace vigia::server
