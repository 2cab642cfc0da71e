// HTTP basic authentication against bcrypt hashes (surface.md 3.11). Internal to the room.
#pragma once

#include <array>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace vigia::server {

struct Credentials {
  std::string user;
  std::string password;
};

// Reads "Basic <base64 of user:password>"; nothing if it is not that.
std::optional<Credentials> ParseBasicAuth(std::string_view authorization);
std::string FormatBasicAuth(std::string_view user, std::string_view password);  // The whole header value.

// Remembers the outcome of recent checks, because a bcrypt hash takes tens of milliseconds on purpose. Thread-safe.
class PasswordChecker {
 public:
  // Blocks for the time of a hash when the outcome is not known yet, also for users that do not exist.
  bool Check(const std::map<std::string, std::string>& users, const Credentials& given);

 private:
  using Digest = std::array<unsigned char, 32>;  // SHA-256 of user, hash and password: no password stays in memory.
  static constexpr std::size_t kRemembered = 100;
  std::mutex mu_;
  std::map<Digest, bool> outcomes_;  // Guarded by mu_.
};

}  // namespace vigia::server
