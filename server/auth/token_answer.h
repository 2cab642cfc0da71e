// What a token endpoint answers (RFC 6749, 5). Internal to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/http/client.h"

namespace vigia::server {

struct Token {
  std::string header;                         // Value of Authorization: "Bearer abc".
  std::optional<std::int64_t> valid_seconds;  // From now; nothing: nobody said.
};

// JSON, or a form where the content type says so. See MakeOAuth2() for the errors.
storage::Result<Token> ReadTokenAnswer(const HttpResponse& response);

}  // namespace vigia::server
