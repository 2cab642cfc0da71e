#include "config/schema/web_config.h"

#include <algorithm>
#include <array>
#include <cctype>

#include "config/schema/codecs.h"
#include "config/schema/read_file.h"
#include "config/schema/sections.h"
#include "config/schema/words.h"
#include "config/yaml/parse.h"

namespace vigia::config {
namespace {

struct ClientAuthWords : ExactWord {
  using Value = ClientAuth;
  static constexpr std::array<Value, 5> kAll{ClientAuth::kNone, ClientAuth::kRequest, ClientAuth::kRequireAny,
                                             ClientAuth::kVerifyIfGiven, ClientAuth::kRequireAndVerify};
  static std::span<const Value> All() { return kAll; }
};

// What Go calls secure (crypto/tls.CipherSuites), for that is what Prometheus takes.
constexpr std::array<std::string_view, 13> kCipherSuites{"TLS_AES_128_GCM_SHA256",
                                                         "TLS_AES_256_GCM_SHA384",
                                                         "TLS_CHACHA20_POLY1305_SHA256",
                                                         "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
                                                         "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
                                                         "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
                                                         "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
                                                         "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
                                                         "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
                                                         "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
                                                         "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
                                                         "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
                                                         "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"};
constexpr std::array<std::string_view, 4> kCurves{"CurveP256", "CurveP384", "CurveP521", "X25519"};

// What a response may be given (exporter-toolkit web/tls_config.go). Where values are listed, only these are allowed.
struct AllowedHeader {
  std::string_view name;
  std::vector<std::string_view> values;
};

const std::vector<AllowedHeader>& AllowedHeaders() {
  static const std::vector<AllowedHeader> kHeaders{{"Strict-Transport-Security", {}},
                                                   {"X-Content-Type-Options", {"nosniff"}},
                                                   {"X-Frame-Options", {"deny", "sameorigin"}},
                                                   {"X-XSS-Protection", {}},
                                                   {"Content-Security-Policy", {}}};
  return kHeaders;
}

// $2a$, $2b$ or $2y$, a cost of two digits, and 53 characters of salt and hash.
bool IsBcrypt(std::string_view hash) {
  constexpr std::size_t kSize = 60;
  return hash.size() == kSize && hash.substr(0, 2) == "$2" && hash[3] == '$' && hash[6] == '$' &&
         std::isdigit(static_cast<unsigned char>(hash[4])) && std::isdigit(static_cast<unsigned char>(hash[5]));
}

void CheckPair(Reader& in, const yaml::Node& node, bool text, bool file, std::string_view name) {
  if (text && file)
    in.Fail(node, std::string("only one of ").append(name).append(" and ").append(name).append("_file may be set"));
}

}  // namespace

std::string_view ToString(ClientAuth auth) {
  switch (auth) {
    case ClientAuth::kNone: return "NoClientCert";
    case ClientAuth::kRequest: return "RequestClientCert";
    case ClientAuth::kRequireAny: return "RequireAnyClientCert";
    case ClientAuth::kVerifyIfGiven: return "VerifyClientCertIfGiven";
    case ClientAuth::kRequireAndVerify: return "RequireAndVerifyClientCert";
  }
  return "";
}

template <>
struct Schema<WebTlsConfig> : PlainSchema<WebTlsConfig> {
  static const FieldTable<WebTlsConfig>& Fields() {
    using T = WebTlsConfig;
    static const FieldTable<T> kFields{
        MakeField<StringCodec>("cert", &T::cert, "", "Certificate as PEM text."),
        MakeField<PathCodec>("cert_file", &T::cert_file, "", "File with the certificate."),
        MakeField<SecretCodec>("key", &T::key, "", "Key as PEM text."),
        MakeField<PathCodec>("key_file", &T::key_file, "", "File with the key."),
        MakeField<StringCodec>("client_ca", &T::client_ca, "", "Authorities of client certificates as PEM text."),
        MakeField<PathCodec>("client_ca_file", &T::client_ca_file, "",
                             "File with the authorities of client certificates."),
        MakeField<WordCodec<ClientAuthWords>>("client_auth_type", &T::client_auth_type, "NoClientCert",
                                              "What is asked of clients."),
        MakeField<ListCodec<StringCodec>>("client_allowed_sans", &T::client_allowed_sans, "[]",
                                          "Alternative names, one of which a client certificate must have."),
        MakeField<WordCodec<TlsVersionWords>>("min_version", &T::min_version, "TLS12", "Lowest TLS version accepted."),
        MakeField<WordCodec<TlsVersionWords>>("max_version", &T::max_version, "TLS13", "Highest TLS version accepted."),
        MakeField<BoolCodec>("prefer_server_cipher_suites", &T::prefer_server_cipher_suites, "true",
                             "Accepted for compatibility."),
        MakeField<ListCodec<StringCodec>>("cipher_suites", &T::cipher_suites, "[]",
                                          "Cipher suites up to TLS 1.2, most wanted first; left out: the library's."),
        MakeField<ListCodec<StringCodec>>("curve_preferences", &T::curve_preferences, "[]",
                                          "Elliptic curves, most wanted first; left out: the library's."),
    };
    return kFields;
  }
  static void Check(Reader& in, const yaml::Node& node, WebTlsConfig& out) {
    CheckPair(in, node, !out.cert.empty(), !out.cert_file.empty(), "cert");
    CheckPair(in, node, !out.key.empty(), !out.key_file.empty(), "key");
    CheckPair(in, node, !out.client_ca.empty(), !out.client_ca_file.empty(), "client_ca");
    if (out.cert.empty() && out.cert_file.empty()) in.Fail(node, "missing one of cert or cert_file");
    if (out.key.empty() && out.key_file.empty()) in.Fail(node, "missing one of key or key_file");
    const bool authorities = !out.client_ca.empty() || !out.client_ca_file.empty();
    const bool verifies =
        out.client_auth_type == ClientAuth::kVerifyIfGiven || out.client_auth_type == ClientAuth::kRequireAndVerify;
    if (verifies && !authorities)
      in.Fail(node, "client_auth_type verifies clients, but client_ca and client_ca_file are missing");
    if (out.client_auth_type == ClientAuth::kNone && authorities) {
      in.Fail(node, "client CAs have been configured without a client auth policy");
    }
    for (const std::string& name : out.cipher_suites) {
      if (std::ranges::find(kCipherSuites, name) == kCipherSuites.end()) in.Fail(node, "unknown cipher: " + name);
    }
    for (const std::string& name : out.curve_preferences) {
      if (std::ranges::find(kCurves, name) == kCurves.end()) in.Fail(node, "unknown curve: " + name);
    }
    if (out.max_version != TlsVersion::kUnset && out.max_version < out.min_version) {
      in.Fail(node, "max_version must not be lower than min_version");
    }
  }
};

template <>
struct Schema<WebHttpConfig> : PlainSchema<WebHttpConfig> {
  static const FieldTable<WebHttpConfig>& Fields() {
    using T = WebHttpConfig;
    static const FieldTable<T> kFields{
        MakeField<BoolCodec>("http2", &T::http2, "true", "Accepted for compatibility: only HTTP/1.1 is spoken."),
        MakeField<StringMapCodec>("headers", &T::headers, "{}", "Headers added to every response."),
    };
    return kFields;
  }
  static void Check(Reader& in, const yaml::Node& node, WebHttpConfig& out) {
    for (const auto& [name, value] : out.headers) {
      const auto& allowed = AllowedHeaders();
      const auto at = std::find_if(allowed.begin(), allowed.end(), [&](const auto& h) { return h.name == name; });
      if (at == allowed.end()) {
        in.Fail(node, "HTTP header " + storage::Quoted(name) + " can not be configured");
      } else if (!at->values.empty() && !value.empty() &&
                 std::find(at->values.begin(), at->values.end(), value) == at->values.end()) {
        in.Fail(node, "invalid value for " + std::string(name) + ": " + storage::Quoted(value));
      }
    }
  }
};

template <>
struct Schema<RateLimitConfig> : PlainSchema<RateLimitConfig> {
  static const FieldTable<RateLimitConfig>& Fields() {
    using T = RateLimitConfig;
    static const FieldTable<T> kFields{
        MakeField<DurationCodec>("interval", &T::interval_ms, "0s", "One request each such time; 0s: no limit."),
        MakeField<IntCodec>("burst", &T::burst, "0", "Requests that may come at once; others are answered 429."),
    };
    return kFields;
  }
  static void Check(Reader& in, const yaml::Node& node, RateLimitConfig& out) {
    if (out.burst < 0) in.Fail(node, "burst must not be negative");
    if (out.interval_ms > 0 && out.burst == 0) in.Fail(node, "a rate_limit with a burst of 0 refuses every request");
  }
};

template <>
struct Schema<WebConfig> : PlainSchema<WebConfig> {
  static const FieldTable<WebConfig>& Fields() {
    using T = WebConfig;
    static const FieldTable<T> kFields{
        MakeField<OptionalCodec<SectionCodec<WebTlsConfig>>>("tls_server_config", &T::tls_server_config, "",
                                                             "TLS; left out: plain HTTP."),
        MakeField<SectionCodec<WebHttpConfig>>("http_server_config", &T::http_server_config, "", "Details of HTTP."),
        MakeField<StringMapCodec>("basic_auth_users", &T::basic_auth_users, "{}",
                                  "Names and bcrypt hashes; left out: everybody may talk to the server."),
        MakeField<SectionCodec<RateLimitConfig>>("rate_limit", &T::rate_limit, "", "Most requests in a time."),
    };
    return kFields;
  }
  static void Check(Reader& in, const yaml::Node& node, WebConfig& out) {
    for (const auto& [name, hash] : out.basic_auth_users) {
      if (!IsBcrypt(hash))
        in.Fail(node, "basic_auth_users: the password of " + storage::Quoted(name) + " is not a bcrypt hash");
    }
  }
};

storage::Result<WebConfig> ParseWebConfig(std::string_view text, const std::string& file_name) {
  const auto node = yaml::Parse(text, file_name);
  if (!node) return node.error();
  Reader in(file_name);
  WebConfig config;
  if (!node->IsNull()) SectionCodec<WebConfig>::Read(in, *node, config);
  if (const storage::Status status = in.Finish(); !status) return status.error();
  return config;
}

storage::Result<WebConfig> LoadWebConfig(const std::string& path) {
  const auto text = ReadWholeFile(path);
  if (!text) return text.error();
  return ParseWebConfig(*text, path);
}

}  // namespace vigia::config
