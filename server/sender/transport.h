// How a request gets to a remote.
#pragma once

#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>

#include "storage/model/error.h"

namespace vigia::server {

struct RemotePost {
  std::string body;  // Compressed.
  bool v2 = false;   // Which message it is.
  int attempt = 0;   // 0: the first one.
  std::stop_token stop;
};

struct RemoteAnswer {
  int status = 0;
  std::string text;         // The body, shortened.
  std::string retry_after;  // The header; "" = none.
  // Sum of the X-Prometheus-Remote-Write-*-Written headers; nothing when there is none.
  std::optional<std::uint64_t> written;
};

// Thread-safe.
class RemoteTransport {
 public:
  virtual ~RemoteTransport() = default;
  // Blocks. An error is one of the network; an HTTP status is none.
  virtual storage::Result<RemoteAnswer> Post(RemotePost post) = 0;
};

}  // namespace vigia::server
