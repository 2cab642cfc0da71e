#include "server/http/tls_context.h"

#include <algorithm>
#include <fstream>
#include <iterator>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/system/system_error.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace vigia::server {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

int OpenSslVersion(TlsVersion version) {
  switch (version) {
    case TlsVersion::kTls10: return TLS1_VERSION;
    case TlsVersion::kTls11: return TLS1_1_VERSION;
    case TlsVersion::kTls12: return TLS1_2_VERSION;
    case TlsVersion::kTls13: return TLS1_3_VERSION;
  }
  return 0;
}

// Text of a file, or `inline_text` when no file is named.
Result<std::string> TextOf(const std::string& file, const std::string& inline_text) {
  if (file.empty()) return inline_text;
  std::ifstream stream(file, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream.good() && !stream.eof()) return Error{Errc::kIo, "open " + file + ": no such file or directory"};
  return text;
}

// Loads a certificate chain and its key, if there are any.
Status LoadIdentity(ssl::context& context, const Result<std::string>& cert, const Result<std::string>& key) {
  if (cert.has_error()) return cert.error();
  if (key.has_error()) return key.error();
  if (cert->empty() && key->empty()) return {};
  boost::system::error_code error;
  context.use_certificate_chain(asio::buffer(*cert), error);
  if (!error) context.use_private_key(asio::buffer(*key), ssl::context::pem, error);
  if (!error && SSL_CTX_check_private_key(context.native_handle()) != 1) {
    return Error{Errc::kInvalid, "tls: private key does not match public key"};
  }
  if (error) return Error{Errc::kInvalid, "tls: cannot load certificate or key: " + error.message()};
  return {};
}

Status LoadAuthorities(ssl::context& context, const Result<std::string>& ca) {
  if (ca.has_error()) return ca.error();
  if (ca->empty()) return {};
  boost::system::error_code error;
  context.add_certificate_authority(asio::buffer(*ca), error);
  if (error) return Error{Errc::kInvalid, "tls: unable to use specified CA cert: " + error.message()};
  return {};
}

void SetVersions(ssl::context& context, TlsVersion min, std::optional<TlsVersion> max) {
  SSL_CTX* const native = context.native_handle();
  SSL_CTX_set_min_proto_version(native, OpenSslVersion(min));
  if (max.has_value()) SSL_CTX_set_max_proto_version(native, OpenSslVersion(*max));
  // OpenSSL 3 refuses the old versions' signatures above this level, even when they were asked for.
  if (min < TlsVersion::kTls12) SSL_CTX_set_security_level(native, 0);
}

ssl::verify_mode VerifyMode(ClientAuthType type) {
  switch (type) {
    case ClientAuthType::kNone: return ssl::verify_none;
    case ClientAuthType::kRequest: return ssl::verify_peer;
    case ClientAuthType::kRequireAny: return ssl::verify_peer | ssl::verify_fail_if_no_peer_cert;
    case ClientAuthType::kVerifyIfGiven: return ssl::verify_peer;
    case ClientAuthType::kRequireAndVerify: return ssl::verify_peer | ssl::verify_fail_if_no_peer_cert;
  }
  return ssl::verify_none;
}

Status SetServerRules(ssl::context& context, const TlsServerOptions& options) {
  SSL_CTX* const native = context.native_handle();
  SetVersions(context, options.min_version, options.max_version);
  SSL_CTX_set_options(native, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_RENEGOTIATION);
  if (!options.cipher_suites.empty() && SSL_CTX_set_cipher_list(native, options.cipher_suites.c_str()) != 1) {
    return Error{Errc::kInvalid, "tls: unknown cipher suites " + options.cipher_suites};
  }
  if (!options.curves.empty() && SSL_CTX_set1_groups_list(native, options.curves.c_str()) != 1) {
    return Error{Errc::kInvalid, "tls: unknown curves " + options.curves};
  }
  boost::system::error_code error;
  context.set_verify_mode(VerifyMode(options.client_auth), error);
  const bool any_certificate =
      options.client_auth == ClientAuthType::kRequest || options.client_auth == ClientAuthType::kRequireAny;
  if (any_certificate) context.set_verify_callback([](bool, ssl::verify_context&) { return true; }, error);
  // Sessions of clients with certificates are only resumed within a named context.
  constexpr unsigned char kSessionContext[] = "vigia";
  SSL_CTX_set_session_id_context(native, kSessionContext, sizeof(kSessionContext) - 1);
  return {};
}

std::string TextOf(const GENERAL_NAME& name) {
  const auto text = [](const ASN1_STRING* value) {
    return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                       static_cast<std::size_t>(ASN1_STRING_length(value)));
  };
  switch (name.type) {
    case GEN_DNS: return text(name.d.dNSName);
    case GEN_EMAIL: return text(name.d.rfc822Name);
    case GEN_URI: return text(name.d.uniformResourceIdentifier);
    case GEN_IPADD: {
      const std::string bytes = text(name.d.iPAddress);
      if (bytes.size() == 4) {
        asio::ip::address_v4::bytes_type v4;
        std::copy(bytes.begin(), bytes.end(), v4.begin());
        return asio::ip::address_v4(v4).to_string();
      }
      if (bytes.size() != 16) return "";
      asio::ip::address_v6::bytes_type v6;
      std::copy(bytes.begin(), bytes.end(), v6.begin());
      return asio::ip::address_v6(v6).to_string();
    }
  }
  return "";
}

}  // namespace

bool TlsContext::AllowsPeer(SSL* connection) const {
  if (allowed_sans_.empty()) return true;
  const std::unique_ptr<X509, void (*)(X509*)> certificate(SSL_get1_peer_certificate(connection), &X509_free);
  if (certificate == nullptr) return false;
  const std::unique_ptr<GENERAL_NAMES, void (*)(GENERAL_NAMES*)> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate.get(), NID_subject_alt_name, nullptr, nullptr)),
      &GENERAL_NAMES_free);
  if (names == nullptr) return false;
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const std::string name = TextOf(*sk_GENERAL_NAME_value(names.get(), i));
    if (std::find(allowed_sans_.begin(), allowed_sans_.end(), name) != allowed_sans_.end()) return true;
  }
  return false;
}

Result<std::shared_ptr<const TlsContext>> MakeClientTls(const TlsOptions& options) {
  ssl::context context(ssl::context::tls_client);
  SetVersions(context, options.min_version, options.max_version);
  const auto ca = TextOf(options.ca_file, options.ca_pem);
  if (auto status = LoadAuthorities(context, ca); status.has_error()) return status.error();
  boost::system::error_code error;
  if (ca->empty()) context.set_default_verify_paths(error);
  const Status identity =
      LoadIdentity(context, TextOf(options.cert_file, options.cert_pem), TextOf(options.key_file, options.key_pem));
  if (identity.has_error()) return identity.error();
  context.set_verify_mode(options.insecure_skip_verify ? ssl::verify_none : ssl::verify_peer, error);
  return std::make_shared<const TlsContext>(std::move(context), options.server_name, std::vector<std::string>{});
}

Result<std::shared_ptr<const TlsContext>> MakeServerTls(const TlsServerOptions& options) {
  ssl::context context(ssl::context::tls_server);
  if (const auto rules = SetServerRules(context, options); rules.has_error()) return rules.error();
  const auto cert = TextOf(options.cert_file, options.cert_pem);
  if (cert.has_value() && cert->empty()) return Error{Errc::kInvalid, "tls: missing certificate"};
  const Status identity = LoadIdentity(context, cert, TextOf(options.key_file, options.key_pem));
  if (identity.has_error()) return identity.error();
  const auto ca = TextOf(options.client_ca_file, options.client_ca_pem);
  if (const auto status = LoadAuthorities(context, ca); status.has_error()) return status.error();
  return std::make_shared<const TlsContext>(std::move(context), "", options.client_allowed_sans);
}

}  // namespace vigia::server
