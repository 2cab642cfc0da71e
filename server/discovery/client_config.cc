#include "server/discovery/client_config.h"

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "server/auth/oauth2.h"
#include "server/auth/sigv4.h"

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

std::string Environment(const char* upper, const char* lower) {
  for (const char* name : {upper, lower}) {
    if (const char* value = std::getenv(name); value != nullptr && *value != '\0') return value;
  }
  return {};
}

void AddProxy(const config::ProxyConfig& proxy, ClientOptions& options) {
  options.proxy_url = proxy.proxy_url;
  options.no_proxy = proxy.no_proxy;
  if (proxy.proxy_from_environment) {
    options.proxy_url = Environment("HTTP_PROXY", "http_proxy");
    options.https_proxy_url = Environment("HTTPS_PROXY", "https_proxy");
    options.no_proxy = Environment("NO_PROXY", "no_proxy");
    options.proxy_skips_local = true;
  }
  for (const config::ProxyHeader& header : proxy.proxy_connect_header) {
    for (const config::Secret& value : header.values) {
      options.proxy_connect_headers.emplace_back(header.name, value.Reveal());
    }
  }
}

SignatureAlgorithm ToAlgorithm(const std::string& name) {
  if (name == "RS384") return SignatureAlgorithm::kRs384;
  if (name == "RS512") return SignatureAlgorithm::kRs512;
  return SignatureAlgorithm::kRs256;
}

OAuth2Options ToOAuth2Options(const config::OAuth2& config, const std::string& user_agent) {
  OAuth2Options out;
  const bool bearer = !config.grant_type.empty() && config.grant_type != "client_credentials";
  out.grant = bearer ? OAuth2Grant::kJwtBearer : OAuth2Grant::kClientCredentials;
  out.client_id = config.client_id;
  out.secret = (bearer ? config.client_certificate_key : config.client_secret).Reveal();
  out.secret_file = bearer ? config.client_certificate_key_file : config.client_secret_file;
  out.token_url = config.token_url;
  out.scopes = config.scopes;
  out.endpoint_params = config.endpoint_params;
  out.assertion = {ToAlgorithm(config.signature_algorithm), config.client_certificate_key_id, config.iss,
                   config.audience, config.claims};
  out.client.user_agent = user_agent;
  out.client.tls = ToTlsOptions(config.tls_config);
  AddProxy(config.proxy, out.client);
  return out;
}

}  // namespace

storage::Result<ClientOptions> ToClientOptions(const config::HttpClientConfig& config, std::string user_agent) {
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
  if (config.oauth2) options.auth = MakeOAuth2(ToOAuth2Options(*config.oauth2, options.user_agent));
  AddProxy(config.proxy, options);
  if (const auto status = AddHeaders(config.http_headers, options); !status) return status.error();
  return options;
}

storage::Result<ClientOptions> ToClientOptions(const config::HttpClientConfig& config,
                                               const std::optional<config::SigV4Config>& sigv4,
                                               std::string user_agent) {
  auto options = ToClientOptions(config, std::move(user_agent));
  if (!options || !sigv4) return options;
  SigV4Options signing;
  signing.region = sigv4->region;
  signing.access_key = sigv4->access_key;
  signing.secret_key = sigv4->secret_key.Reveal();
  signing.profile = sigv4->profile;
  signing.role_arn = sigv4->role_arn;
  signing.external_id = sigv4->external_id;
  signing.use_fips_sts_endpoint = sigv4->use_fips_sts_endpoint;
  if (!sigv4->service_name.empty()) signing.service = sigv4->service_name;
  signing.client.user_agent = options->user_agent;
  auto auth = MakeSigV4(std::move(signing));
  if (!auth) return auth.error();
  options->auth = std::move(*auth);
  return options;
}

}  // namespace vigia::server
