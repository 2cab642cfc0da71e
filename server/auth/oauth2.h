// Tokens of OAuth 2.0 for an HTTP client (RFC 6749, 4.4; RFC 7523, 2.1; surface.md 3.6).
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/auth/assertion.h"
#include "server/http/client_options.h"
#include "server/http/request_auth.h"
#include "storage/model/clock.h"

namespace vigia::server {

enum class OAuth2Grant { kClientCredentials, kJwtBearer };

struct OAuth2Options {
  OAuth2Grant grant = OAuth2Grant::kClientCredentials;
  std::string client_id;
  // The client's secret, for kJwtBearer its key (PEM). The file wins; it is read for each request.
  std::string secret;
  std::string secret_file;
  std::string token_url;
  std::vector<std::string> scopes;
  std::vector<std::pair<std::string, std::string>> endpoint_params;  // Of kClientCredentials.
  // Of kJwtBearer. Empty issuer and audience: the client's id, the token's URL.
  AssertionOptions assertion;
  ClientOptions client;  // Of the requests for tokens.
  storage::Clock clock = storage::SystemClock();
};

// Adds "Authorization: Bearer <token>". One token serves all requests: until ten seconds before its end, until a server
// answers 401 to it, or until the secret is another one. However many requests need a new one, one asks for it, and its
// failure is the failure of those that waited; the next one tries again. Errors: «oauth2: "invalid_client" "text"»,
// «oauth2: cannot fetch token: 500 Internal Server Error», «oauth2: server response missing access_token»; they hold
// no secret.
std::shared_ptr<RequestAuth> MakeOAuth2(OAuth2Options options);

}  // namespace vigia::server
