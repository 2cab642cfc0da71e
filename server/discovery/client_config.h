// The HTTP client block of the configuration (surface.md 3.6) as the HTTP client wants it.
#pragma once

#include <optional>
#include <string>

#include "config/schema/http_client_config.h"
#include "config/schema/sigv4_config.h"
#include "server/http/client_options.h"
#include "storage/model/error.h"

namespace vigia::server {

// Reads the files of http_headers; those of TLS and credentials are read by the client for each request. `user_agent`:
// value of the User-Agent header. kIo for an unreadable file.
storage::Result<ClientOptions> ToClientOptions(const config::HttpClientConfig& config, std::string user_agent);
// The same for those who may also sign for AWS. kInvalid when no region is known.
storage::Result<ClientOptions> ToClientOptions(const config::HttpClientConfig& config,
                                               const std::optional<config::SigV4Config>& sigv4, std::string user_agent);

}  // namespace vigia::server
