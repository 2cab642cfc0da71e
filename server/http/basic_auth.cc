#include "server/http/basic_auth.h"

#include <memory>

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "server/http/text.h"

namespace vigia::server {
namespace {

// A hash of nothing that anybody knows, for users that do not exist: they take as long to refuse as others.
constexpr char kNobodysHash[] = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

bool MatchesHash(const std::string& password, const std::string& hash) {
  const auto data = std::make_unique<crypt_data>();
  const char* const computed = crypt_r(password.c_str(), hash.c_str(), data.get());
  const bool matches = computed != nullptr && hash.size() > 4 && std::string_view(computed).size() == hash.size() &&
                       CRYPTO_memcmp(computed, hash.data(), hash.size()) == 0;
  OPENSSL_cleanse(data.get(), sizeof(*data));
  return matches;
}

}  // namespace

std::optional<Credentials> ParseBasicAuth(std::string_view authorization) {
  constexpr std::string_view kScheme = "basic ";
  if (authorization.size() < kScheme.size() || !EqualsIgnoringCase(authorization.substr(0, kScheme.size()), kScheme)) {
    return std::nullopt;
  }
  const std::string_view encoded = TrimBlanks(authorization.substr(kScheme.size()));
  if (encoded.empty() || encoded.size() % 4 != 0 || encoded.size() > 8192) return std::nullopt;
  std::string decoded(encoded.size() / 4 * 3, '\0');
  const int size =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                      reinterpret_cast<const unsigned char*>(encoded.data()), static_cast<int>(encoded.size()));
  if (size < 0) return std::nullopt;
  // OpenSSL decodes the padding, too, as zero bytes.
  const std::size_t padding = encoded.ends_with("==") ? 2 : encoded.ends_with("=") ? 1 : 0;
  decoded.resize(static_cast<std::size_t>(size) - padding);
  const std::size_t colon = decoded.find(':');
  if (colon == std::string::npos || decoded.find('\0') != std::string::npos) return std::nullopt;
  return Credentials{decoded.substr(0, colon), decoded.substr(colon + 1)};
}

std::string FormatBasicAuth(std::string_view user, std::string_view password) {
  const std::string plain = std::string(user) + ":" + std::string(password);
  std::string encoded((plain.size() + 2) / 3 * 4 + 1, '\0');
  const int size =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(encoded.data()),
                      reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
  encoded.resize(static_cast<std::size_t>(size));
  return "Basic " + encoded;
}

bool PasswordChecker::Check(const std::map<std::string, std::string>& users, const Credentials& given) {
  const auto user = users.find(given.user);
  const std::string hash = user == users.end() ? kNobodysHash : user->second;
  Digest digest{};
  // Lengths in front: no two triples may run into the same text.
  const std::string key =
      std::to_string(given.user.size()) + ":" + std::to_string(hash.size()) + ":" + given.user + hash + given.password;
  EVP_Digest(key.data(), key.size(), digest.data(), nullptr, EVP_sha256(), nullptr);
  {
    const std::scoped_lock lock(mu_);
    if (const auto known = outcomes_.find(digest); known != outcomes_.end())
      return known->second && user != users.end();
  }
  const bool matches = MatchesHash(given.password, hash) && user != users.end();
  const std::scoped_lock lock(mu_);
  if (outcomes_.size() >= kRemembered) outcomes_.erase(outcomes_.begin());
  outcomes_.emplace(digest, matches);
  return matches;
}

}  // namespace vigia::server
