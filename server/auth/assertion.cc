#include "server/auth/assertion.h"

#include <array>
#include <cstdio>
#include <memory>

#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;

constexpr std::int64_t kValidSeconds = 600;

struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeDigest {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// RFC 4648, 5, without padding.
std::string Base64Url(std::string_view bytes) {
  constexpr char kLetters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string out;
  std::uint32_t bits = 0;
  int count = 0;
  for (const char c : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(c);
    for (count += 8; count >= 6; count -= 6) out.push_back(kLetters[bits >> (count - 6) & 63]);
  }
  if (count > 0) out.push_back(kLetters[bits << (6 - count) & 63]);
  return out;
}

// A random UUID (RFC 4122, 4.4).
std::string NewId() {
  std::array<unsigned char, 16> bytes{};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  std::string out;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) out.push_back('-');
    constexpr char kHex[] = "0123456789abcdef";
    out.push_back(kHex[bytes[i] >> 4]);
    out.push_back(kHex[bytes[i] & 15]);
  }
  return out;
}

const char* NameOf(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kRs256: return "RS256";
    case SignatureAlgorithm::kRs384: return "RS384";
    case SignatureAlgorithm::kRs512: return "RS512";
  }
  return "";
}

const EVP_MD* DigestOf(SignatureAlgorithm algorithm) {
  switch (algorithm) {
    case SignatureAlgorithm::kRs256: return EVP_sha256();
    case SignatureAlgorithm::kRs384: return EVP_sha384();
    case SignatureAlgorithm::kRs512: return EVP_sha512();
  }
  return nullptr;
}

int NoPassphrase(char*, int, int, void*) { return -1; }  // Else OpenSSL asks the terminal.

Result<std::string> Sign(const std::string& text, const std::string& key_pem, SignatureAlgorithm algorithm) {
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new_mem_buf(key_pem.data(), static_cast<int>(key_pem.size())));
  const std::unique_ptr<EVP_PKEY, FreeKey> key(PEM_read_bio_PrivateKey(bio.get(), nullptr, &NoPassphrase, nullptr));
  if (key == nullptr || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return Error{Errc::kInvalid, "oauth2: client_certificate_key holds no RSA private key in PEM"};
  }
  const std::unique_ptr<EVP_MD_CTX, FreeDigest> context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, DigestOf(algorithm), nullptr, key.get()) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, bytes, text.size()) != 1) {
    return Error{Errc::kInvalid, "oauth2: cannot sign with client_certificate_key"};
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size()) !=
      1) {
    return Error{Errc::kInvalid, "oauth2: cannot sign with client_certificate_key"};
  }
  signature.resize(size);
  return signature;
}

std::string Dump(const nlohmann::json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Result<std::string> SignAssertion(const AssertionOptions& options, const std::string& subject, const std::string& scope,
                                  const std::string& key_pem, storage::TimestampMs now_ms) {
  nlohmann::json header = {{"alg", NameOf(options.algorithm)}, {"typ", "JWT"}};
  if (!options.key_id.empty()) header["kid"] = options.key_id;
  const std::int64_t now = now_ms / 1000;
  nlohmann::json claims = {{"iss", options.issuer},   {"sub", subject}, {"jti", NewId()},
                           {"aud", options.audience}, {"iat", now},     {"exp", now + kValidSeconds}};
  if (!scope.empty()) claims["scope"] = scope;
  for (const auto& [name, value] : options.claims) claims[name] = value;
  std::string text = Base64Url(Dump(header)) + "." + Base64Url(Dump(claims));
  const auto signature = Sign(text, key_pem, options.algorithm);
  if (signature.has_error()) return signature.error();
  return text + "." + Base64Url(*signature);
}

}  // namespace vigia::server
