#include "config/schema/web_config.h"

#include "tests/support/catch.h"

using namespace vigia::config;

namespace {
// bcrypt of "test" as in the exporter-toolkit's documentation.
constexpr const char* kHash = "$2b$12$hNf2lSsxfm0.i4a.1kVpSOVyBCfIB51VRjgBUyv6kdnyTlgWj81Ay";

std::string ErrorOf(const std::string& text) {
  const auto parsed = ParseWebConfig(text, "/etc/web.yml");
  return parsed ? "" : parsed.error().what;
}
}  // namespace

TEST_CASE("a web configuration with TLS, users and headers") {
  const auto config =
      ParseWebConfig(std::string("tls_server_config:\n  cert_file: server.crt\n  key_file: server.key\n"
                                 "  client_auth_type: RequireAndVerifyClientCert\n  client_ca_file: ca.crt\n"
                                 "http_server_config:\n  headers:\n    X-Frame-Options: deny\n"
                                 "basic_auth_users:\n  alice: ") +
                         kHash + "\n",
                     "/etc/web.yml");
  REQUIRE(config.has_value());
  CHECK(config->tls_server_config->cert_file == "/etc/server.crt");
  CHECK(config->tls_server_config->client_auth_type == ClientAuth::kRequireAndVerify);
  CHECK(config->tls_server_config->min_version == TlsVersion::kTls12);
  CHECK(config->basic_auth_users == StringMap{{"alice", kHash}});
  CHECK(ParseWebConfig("", "web.yml").value() == WebConfig{});
}

TEST_CASE("what cannot work is refused with its place") {
  CHECK(ErrorOf("tls_server_config:\n  cert_file: a\n").find("missing one of key or key_file") != std::string::npos);
  CHECK(ErrorOf("basic_auth_users:\n  bob: secret\n").find("the password of \"bob\" is not a bcrypt hash") !=
        std::string::npos);
  CHECK(ErrorOf("basic_auth_users:\n  bob: secret\n").find("secret") == std::string::npos);
  CHECK(ErrorOf("http_server_config:\n  headers:\n    Server: x\n").find("can not be configured") != std::string::npos);
  CHECK(ErrorOf("tls_server_confg: {}\n").find("did you mean \"tls_server_config\"?") != std::string::npos);
  CHECK(ErrorOf("tls_server_config:\n  cert_file: a\n  key_file: b\n  client_auth_type: Sometimes\n")
            .find("/etc/web.yml:4:") == 0);
  CHECK(ErrorOf("tls_server_config:\n  cert_file: a\n  key_file: b\n  client_ca_file: c\n")
            .find("without a client auth policy") != std::string::npos);
}

TEST_CASE("cipher suites, curves and the rate limit") {
  const std::string tls = "tls_server_config:\n  cert_file: a\n  key_file: b\n";
  const auto config = ParseWebConfig(tls +
                                         "  cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256]\n"
                                         "  curve_preferences: [X25519, CurveP256]\n"
                                         "rate_limit: {interval: 10ms, burst: 20}\n",
                                     "web.yml");
  REQUIRE(config.has_value());
  CHECK(config->tls_server_config->cipher_suites == std::vector<std::string>{"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"});
  CHECK(config->tls_server_config->curve_preferences == std::vector<std::string>{"X25519", "CurveP256"});
  CHECK(config->rate_limit.interval_ms == 10);
  CHECK(config->rate_limit.burst == 20);
  CHECK(
      ErrorOf(tls + "  cipher_suites: [TLS_RSA_WITH_RC4_128_SHA]\n").find("unknown cipher: TLS_RSA_WITH_RC4_128_SHA") !=
      std::string::npos);
  CHECK(ErrorOf(tls + "  curve_preferences: [P256]\n").find("unknown curve: P256") != std::string::npos);
  CHECK(ErrorOf("rate_limit: {interval: 1s}\n").find("burst") != std::string::npos);
}
