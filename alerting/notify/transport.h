// How notifications leave the server. The interface is here so that this room knows no HTTP; server/app implements it.
#pragma once

#include <optional>
#include <stop_token>
#include <string>

#include "config/schema/http_client_config.h"
#include "config/schema/sigv4_config.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::alerting {

struct AlertPost {
  const std::string& url;
  const std::string& body;  // application/json
  storage::DurationMs timeout_ms;
  const config::HttpClientConfig& http;
  const std::optional<config::SigV4Config>& sigv4;
  std::stop_token cancel;
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Blocks until the answer is there and gives its status code; an Error when there was none within the timeout, or
  // when cancelled. Thread-safe: each Alertmanager has a thread of its own.
  virtual storage::Result<int> Post(const AlertPost& post) = 0;
};

}  // namespace vigia::alerting
