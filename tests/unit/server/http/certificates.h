// Certificates made on the spot for tests.
#pragma once

#include <memory>
#include <string>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

namespace vigia::server {

struct TestIdentity {
  std::string cert_pem;
  std::string key_pem;
};

// What was written to the memory BIO, which is freed.
inline std::string TakeText(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_ctrl(bio, BIO_CTRL_INFO, 0, &data);
  std::string copy(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return copy;
}

enum class Validity { kNow, kExpired };

// Signed by itself; `names` in OpenSSL's form, e.g. "DNS:localhost,IP:127.0.0.1".
inline TestIdentity MakeIdentity(const std::string& names, Validity validity = Validity::kNow,
                                 const std::string& subject = "test") {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_EC_gen("P-256"), &EVP_PKEY_free);
  const std::unique_ptr<X509, void (*)(X509*)> cert(X509_new(), &X509_free);
  X509_set_version(cert.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(cert.get()), 1);
  const long day = 24 * 3600;
  X509_gmtime_adj(X509_getm_notBefore(cert.get()), -2 * day);
  X509_gmtime_adj(X509_getm_notAfter(cert.get()), validity == Validity::kNow ? day : -day);
  X509_set_pubkey(cert.get(), key.get());
  X509_NAME* const name = X509_get_subject_name(cert.get());
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(subject.c_str()), -1, -1,
                             0);
  X509_set_issuer_name(cert.get(), name);
  for (const auto& [nid, value] :
       {std::pair(NID_subject_alt_name, names), std::pair(NID_basic_constraints, std::string("CA:TRUE"))}) {
    X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, nullptr, nid, value.c_str());
    X509_add_ext(cert.get(), extension, -1);
    X509_EXTENSION_free(extension);
  }
  X509_sign(cert.get(), key.get(), EVP_sha256());
  BIO* const cert_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(cert_bio, cert.get());
  BIO* const key_bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(key_bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {TakeText(cert_bio), TakeText(key_bio)};
}

}  // namespace vigia::server
