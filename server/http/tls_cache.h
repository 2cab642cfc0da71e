// TLS contexts that are renewed when their files change. Internal to the room.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "server/http/tls_stream.h"

namespace vigia::server {

// Keeps the context made last; makes a new one only when the options, or the times or sizes of the files they name,
// changed. Thread-safe.
class TlsCache {
 public:
  storage::Result<std::shared_ptr<const TlsContext>> Get(const TlsServerOptions& options);
  storage::Result<std::shared_ptr<const TlsContext>> Get(const TlsOptions& options);

 private:
  template <class Options, class Make>
  storage::Result<std::shared_ptr<const TlsContext>> Renew(std::string fingerprint, const Options& options, Make make);

  std::mutex mu_;
  std::string fingerprint_;                    // Guarded by mu_.
  std::shared_ptr<const TlsContext> context_;  // Guarded by mu_.
};

}  // namespace vigia::server
