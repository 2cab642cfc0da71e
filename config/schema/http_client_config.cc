#include "config/schema/http_client_config.h"

#include <algorithm>
#include <array>

#include "config/relabel/letter_case.h"
#include "config/schema/codecs.h"
#include "config/schema/sections.h"
#include "config/schema/words.h"

namespace vigia::config {
namespace {

constexpr std::string_view kNoSecretManager = "references to a secret manager are not supported";

// What the client sets itself, or what would break the connection (Prometheus common/config/headers.go).
constexpr std::array<std::string_view, 18> kReservedHeaders{"authorization",
                                                            "host",
                                                            "content-encoding",
                                                            "content-length",
                                                            "content-type",
                                                            "user-agent",
                                                            "connection",
                                                            "keep-alive",
                                                            "proxy-authenticate",
                                                            "proxy-authorization",
                                                            "www-authenticate",
                                                            "accept-encoding",
                                                            "x-prometheus-remote-write-version",
                                                            "x-prometheus-remote-read-version",
                                                            "x-prometheus-scrape-timeout-seconds",
                                                            "x-amz-date",
                                                            "x-amz-security-token",
                                                            "x-amz-content-sha256"};

template <class T>
Field<T> SecretManagerField(std::string_view key) {
  return UnsupportedField<T>(key, "Name of a secret in a secret manager.", std::string(kNoSecretManager));
}

struct HeadersCodec {
  using Value = std::vector<HttpHeader>;
  using Inner = MapCodec<SectionCodec<HttpHeader>>;
  static std::string Type() { return "map of: section"; }
  static void Read(Reader& in, const yaml::Node& node, Value& out) {
    Inner::Value headers;
    Inner::Read(in, node, headers);
    out.clear();
    for (auto& [name, header] : headers) {
      if (IsReservedHeader(name)) {
        in.Fail(node, "setting header " + storage::Quoted(name) + " is not allowed");
      }
      header.name = name;
      out.push_back(std::move(header));
    }
  }
  static yaml::Node Write(const Value& value) {
    yaml::Node out = yaml::Node::Mapping();
    for (const HttpHeader& header : value) out.Add(header.name, SectionCodec<HttpHeader>::Write(header));
    return out;
  }
  static bool IsEmpty(const Value& value) { return value.empty(); }
};

struct ProxyHeadersCodec {
  using Value = std::vector<ProxyHeader>;
  using Inner = MapCodec<ListCodec<SecretCodec>>;
  static std::string Type() { return Inner::Type(); }
  static void Read(Reader& in, const yaml::Node& node, Value& out) {
    Inner::Value headers;
    Inner::Read(in, node, headers);
    out.clear();
    for (auto& [name, values] : headers) out.push_back({.name = name, .values = std::move(values)});
  }
  static yaml::Node Write(const Value& value) {
    yaml::Node out = yaml::Node::Mapping();
    for (const ProxyHeader& header : value) out.Add(header.name, ListCodec<SecretCodec>::Write(header.values));
    return out;
  }
  static bool IsEmpty(const Value& value) { return value.empty(); }
};

// bearer_token and bearer_token_file are older ways to write `authorization`.
Field<HttpClientConfig> BearerField(std::string_view key, std::string type, std::string_view sentence,
                                    void (*set)(Reader&, const yaml::Node&, Authorization&)) {
  return Field<HttpClientConfig>{
      .key = key,
      .type = std::move(type),
      .default_text = {},
      .sentence = sentence,
      .part_of = {},
      .read =
          [set](Reader& in, const yaml::Node& node, HttpClientConfig& out) {
            if (out.authorization) {
              in.Fail(node, "at most one of authorization, bearer_token & bearer_token_file must be configured");
              return;
            }
            set(in, node, out.authorization.emplace());
          },
      .write = [](const HttpClientConfig&, yaml::Node&) {},
  };
}

}  // namespace

bool IsReservedHeader(std::string_view name) {
  return std::find(kReservedHeaders.begin(), kReservedHeaders.end(), LowerCase(name)) != kReservedHeaders.end();
}

const FieldTable<TlsConfig>& Schema<TlsConfig>::Fields() {
  using T = TlsConfig;
  static const FieldTable<T> kFields{
      MakeField<StringCodec>("ca", &T::ca, "", "Certificates (PEM) to check the server's certificate with."),
      MakeField<StringCodec>("cert", &T::cert, "", "Client certificate (PEM)."),
      MakeField<SecretCodec>("key", &T::key, "", "Key (PEM) of the client certificate."),
      MakeField<PathCodec>("ca_file", &T::ca_file, "", "File with what `ca` holds."),
      MakeField<PathCodec>("cert_file", &T::cert_file, "", "File with what `cert` holds."),
      MakeField<PathCodec>("key_file", &T::key_file, "", "File with what `key` holds."),
      SecretManagerField<T>("ca_ref"),
      SecretManagerField<T>("cert_ref"),
      SecretManagerField<T>("key_ref"),
      MakeField<StringCodec>("server_name", &T::server_name, "", "Name that the server's certificate must carry."),
      MakeField<BoolCodec>("insecure_skip_verify", &T::insecure_skip_verify, "false",
                           "Do not check the server's certificate.", Show::kAlways),
      MakeField<WordCodec<TlsVersionWords>>("min_version", &T::min_version, "", "Lowest TLS version accepted."),
      MakeField<WordCodec<TlsVersionWords>>("max_version", &T::max_version, "", "Highest TLS version accepted."),
  };
  return kFields;
}

void Schema<TlsConfig>::Check(Reader& in, const yaml::Node& node, TlsConfig& out) {
  const bool cert = !out.cert.empty() || !out.cert_file.empty();
  const bool key = !out.key.empty() || !out.key_file.empty();
  if (!out.ca.empty() && !out.ca_file.empty()) in.Fail(node, "at most one of ca & ca_file must be configured");
  if (!out.cert.empty() && !out.cert_file.empty()) in.Fail(node, "at most one of cert & cert_file must be configured");
  if (!out.key.empty() && !out.key_file.empty()) in.Fail(node, "at most one of key & key_file must be configured");
  if (cert && !key) {
    in.Fail(node, "exactly one of key or key_file must be configured when a client certificate is configured");
  }
  if (key && !cert) {
    in.Fail(node, "exactly one of cert or cert_file must be configured when a client key is configured");
  }
  if (out.min_version != TlsVersion::kUnset && out.max_version != TlsVersion::kUnset &&
      out.max_version < out.min_version) {
    in.Fail(node, "max_version must be greater than or equal to min_version if both are specified");
  }
}

const FieldTable<BasicAuth>& Schema<BasicAuth>::Fields() {
  using T = BasicAuth;
  static const FieldTable<T> kFields{
      MakeField<StringCodec>("username", &T::username, "", "User name.", Show::kAlways),
      MakeField<PathCodec>("username_file", &T::username_file, "", "File with the user name, read for each request."),
      SecretManagerField<T>("username_ref"),
      MakeField<SecretCodec>("password", &T::password, "", "Password."),
      MakeField<PathCodec>("password_file", &T::password_file, "", "File with the password, read for each request."),
      SecretManagerField<T>("password_ref"),
  };
  return kFields;
}

void Schema<BasicAuth>::Check(Reader& in, const yaml::Node& node, BasicAuth& out) {
  if (!out.username.empty() && !out.username_file.empty()) {
    in.Fail(node, "at most one of basic_auth username & username_file must be configured");
  }
  if (!out.password.empty() && !out.password_file.empty()) {
    in.Fail(node, "at most one of basic_auth password & password_file must be configured");
  }
}

const FieldTable<Authorization>& Schema<Authorization>::Fields() {
  using T = Authorization;
  static const FieldTable<T> kFields{
      MakeField<StringCodec>("type", &T::type, "Bearer", "First word of the header; not Basic."),
      MakeField<SecretCodec>("credentials", &T::credentials, "", "Rest of the header."),
      MakeField<PathCodec>("credentials_file", &T::credentials_file, "",
                           "File with the credentials, read for each request."),
      SecretManagerField<T>("credentials_ref"),
  };
  return kFields;
}

void Schema<Authorization>::Check(Reader& in, const yaml::Node& node, Authorization& out) {
  const std::size_t begin = out.type.find_first_not_of(" \t\n");
  out.type = begin == std::string::npos ? "" : out.type.substr(begin, out.type.find_last_not_of(" \t\n") - begin + 1);
  if (out.type.empty()) out.type = "Bearer";
  if (LowerCase(out.type) == "basic") {
    in.Fail(node, R"(authorization type cannot be set to "basic", use "basic_auth" instead)");
  }
  if (!out.credentials.empty() && !out.credentials_file.empty()) {
    in.Fail(node, "at most one of authorization credentials & credentials_file must be configured");
  }
}

const FieldTable<ProxyConfig>& Schema<ProxyConfig>::Fields() {
  using T = ProxyConfig;
  static const FieldTable<T> kFields{
      MakeField<UrlCodec>("proxy_url", &T::proxy_url, "", "Proxy for all requests."),
      MakeField<StringCodec>("no_proxy", &T::no_proxy, "",
                             "Comma-separated hosts, domains and networks that are asked directly."),
      MakeField<BoolCodec>("proxy_from_environment", &T::proxy_from_environment, "false",
                           "Take the proxy from HTTP_PROXY, HTTPS_PROXY and NO_PROXY."),
      MakeField<ProxyHeadersCodec>("proxy_connect_header", &T::proxy_connect_header, "",
                                   "Headers sent to the proxy with CONNECT."),
  };
  return kFields;
}

void Schema<ProxyConfig>::Check(Reader& in, const yaml::Node& node, ProxyConfig& out) {
  if (!out.proxy_connect_header.empty() && !out.proxy_from_environment && out.proxy_url.empty()) {
    in.Fail(node, "if proxy_connect_header is configured, proxy_url or proxy_from_environment must also be configured");
  }
  if (out.proxy_from_environment && !out.proxy_url.empty()) {
    in.Fail(node, "if proxy_from_environment is configured, proxy_url must not be configured");
  }
  if (out.proxy_from_environment && !out.no_proxy.empty()) {
    in.Fail(node, "if proxy_from_environment is configured, no_proxy must not be configured");
  }
  if (!out.proxy_from_environment && out.proxy_url.empty() && !out.no_proxy.empty()) {
    in.Fail(node, "if no_proxy is configured, proxy_url must also be configured");
  }
}

const FieldTable<OAuth2>& Schema<OAuth2>::Fields() {
  using T = OAuth2;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields{
        MakeField<StringCodec>("client_id", &T::client_id, "", "Required. Name of the client.", Show::kAlways),
        MakeField<SecretCodec>("client_secret", &T::client_secret, "", "Secret of the client."),
        MakeField<PathCodec>("client_secret_file", &T::client_secret_file, "", "File with the secret."),
        SecretManagerField<T>("client_secret_ref"),
        MakeField<StringCodec>("client_certificate_key_id", &T::client_certificate_key_id, "",
                               "Key id that a signed assertion names."),
        MakeField<SecretCodec>("client_certificate_key", &T::client_certificate_key, "",
                               "Key (PEM) that signs assertions."),
        MakeField<PathCodec>("client_certificate_key_file", &T::client_certificate_key_file, "",
                             "File with the key that signs assertions."),
        SecretManagerField<T>("client_certificate_key_ref"),
        MakeField<StringCodec>("grant_type", &T::grant_type, "client_credentials",
                               "Or urn:ietf:params:oauth:grant-type:jwt-bearer."),
        MakeField<StringCodec>("signature_algorithm", &T::signature_algorithm, "RS256", "RS256, RS384 or RS512."),
        MakeField<StringCodec>("iss", &T::iss, "", "Issuer of the assertion; the client id by default."),
        MakeField<StringCodec>("audience", &T::audience, "", "Audience of the assertion; the token URL by default."),
        MakeField<StringMapCodec>("claims", &T::claims, "", "Further claims of the assertion."),
        MakeField<ListCodec<StringCodec>>("scopes", &T::scopes, "[]", "Scopes to ask for."),
        MakeField<UrlCodec>("token_url", &T::token_url, "", "Required. Where the token is fetched.", Show::kAlways),
        MakeField<StringMapCodec>("endpoint_params", &T::endpoint_params, "", "Parameters of the token request."),
        MakeField<SectionCodec<TlsConfig>>("tls_config", &T::tls_config, "", "TLS of the token request."),
    };
    AppendInlined(fields, "proxy", Schema<ProxyConfig>::Fields(), &T::proxy);
    return fields;
  }();
  return kFields;
}

void Schema<OAuth2>::Check(Reader& in, const yaml::Node& node, OAuth2& out) {
  Schema<ProxyConfig>::Check(in, node, out.proxy);
  if (out.client_id.empty()) in.Fail(node, "oauth2 client_id must be configured");
  if (out.token_url.empty()) in.Fail(node, "oauth2 token_url must be configured");
  if (!out.client_secret.empty() && !out.client_secret_file.empty()) {
    in.Fail(node, "at most one of oauth2 client_secret & client_secret_file must be configured");
  }
  if (!out.client_certificate_key.empty() && !out.client_certificate_key_file.empty()) {
    in.Fail(node, "at most one of oauth2 client_certificate_key & client_certificate_key_file must be configured");
  }
  constexpr std::array<std::string_view, 3> kGrants{"", "client_credentials",
                                                    "urn:ietf:params:oauth:grant-type:jwt-bearer"};
  if (std::find(kGrants.begin(), kGrants.end(), out.grant_type) == kGrants.end()) {
    in.Fail(node, storage::Quoted(out.grant_type) + " is not a supported oauth2 grant_type");
  }
  constexpr std::array<std::string_view, 4> kAlgorithms{"", "RS256", "RS384", "RS512"};
  if (std::find(kAlgorithms.begin(), kAlgorithms.end(), out.signature_algorithm) == kAlgorithms.end()) {
    in.Fail(node, storage::Quoted(out.signature_algorithm) + " is not a supported oauth2 signature_algorithm");
  }
}

const FieldTable<HttpHeader>& Schema<HttpHeader>::Fields() {
  using T = HttpHeader;
  static const FieldTable<T> kFields{
      MakeField<ListCodec<StringCodec>>("values", &T::values, "[]", "Values of the header."),
      MakeField<ListCodec<SecretCodec>>("secrets", &T::secrets, "[]", "Values that are not shown."),
      MakeField<ListCodec<PathCodec>>("files", &T::files, "[]", "Files with values, read for each request."),
  };
  return kFields;
}

void Schema<HttpHeader>::Check(Reader& in, const yaml::Node& node, HttpHeader& out) {
  if (out.values.empty() && out.secrets.empty() && out.files.empty()) in.Fail(node, "a header needs a value");
}

const FieldTable<HttpClientConfig>& Schema<HttpClientConfig>::Fields() {
  using T = HttpClientConfig;
  static const FieldTable<T> kFields = [] {
    FieldTable<T> fields{
        MakeField<OptionalCodec<SectionCodec<BasicAuth>>>("basic_auth", &T::basic_auth, "",
                                                          "User name and password for each request."),
        MakeField<OptionalCodec<SectionCodec<Authorization>>>("authorization", &T::authorization, "",
                                                              "Authorization header for each request."),
        MakeField<OptionalCodec<SectionCodec<OAuth2>>>("oauth2", &T::oauth2, "", "OAuth 2.0 token for each request."),
        BearerField("bearer_token", "secret", "Same as authorization.credentials.",
                    [](Reader& in, const yaml::Node& node, Authorization& out) {
                      SecretCodec::Read(in, node, out.credentials);
                    }),
        BearerField("bearer_token_file", "path", "Same as authorization.credentials_file.",
                    [](Reader& in, const yaml::Node& node, Authorization& out) {
                      PathCodec::Read(in, node, out.credentials_file);
                    }),
        MakeField<SectionCodec<TlsConfig>>("tls_config", &T::tls_config, "", "TLS of the requests."),
        MakeField<BoolCodec>("follow_redirects", &T::follow_redirects, "true", "Follow answers 3xx.", Show::kAlways),
        MakeField<BoolCodec>("enable_http2", &T::enable_http2, "true", "Allow HTTP/2.", Show::kAlways),
    };
    AppendInlined(fields, "proxy", Schema<ProxyConfig>::Fields(), &T::proxy);
    fields.push_back(MakeField<HeadersCodec>("http_headers", &T::http_headers, "", "Headers added to each request."));
    return fields;
  }();
  return kFields;
}

void Schema<HttpClientConfig>::Check(Reader& in, const yaml::Node& node, HttpClientConfig& out) {
  Schema<ProxyConfig>::Check(in, node, out.proxy);
  const int ways = (out.basic_auth ? 1 : 0) + (out.authorization ? 1 : 0) + (out.oauth2 ? 1 : 0);
  if (ways > 1) {
    in.Fail(node,
            "at most one of basic_auth, oauth2, authorization, bearer_token & bearer_token_file must be configured");
  }
}

}  // namespace vigia::config
