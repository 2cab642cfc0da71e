// A signed statement about who asks for a token (RFC 7519, RFC 7523).
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

enum class SignatureAlgorithm { kRs256, kRs384, kRs512 };

struct AssertionOptions {
  SignatureAlgorithm algorithm = SignatureAlgorithm::kRs256;
  std::string key_id;  // Empty: none is named.
  std::string issuer;
  std::string audience;
  std::vector<std::pair<std::string, std::string>> claims;  // Further ones; they win over those of the standard.
};

// A JSON Web Token, good for ten minutes. `scope`: space-separated, may be empty. kInvalid when `key_pem` holds no RSA
// key.
storage::Result<std::string> SignAssertion(const AssertionOptions& options, const std::string& subject,
                                           const std::string& scope, const std::string& key_pem,
                                           storage::TimestampMs now_ms);

}  // namespace vigia::server
