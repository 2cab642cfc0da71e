// POST /api/v1/read: gives samples to other servers by Prometheus' remote read protocol (surface.md 1.9).
#pragma once

#include <cstdint>
#include <functional>

#include "server/http/router.h"
#include "server/log/log.h"
#include "storage/api/querier.h"
#include "storage/model/labels.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

struct RemoteReadOptions {
  std::uint64_t sample_limit = 50'000'000;   // --storage.remote.read-sample-limit, of one query; 0: none.
  int concurrent_limit = 10;                 // --storage.remote.read-concurrent-limit; 0: none.
  std::size_t max_bytes_in_frame = 1 << 20;  // --storage.remote.read-max-bytes-in-frame
  std::size_t max_decoded_bytes = 32 << 20;  // Of a request.
};

// References outlive the router and are thread-safe.
struct RemoteReadDeps {
  const storage::Queryable& storage;
  storage::Registry& registry;
  Logger log;
  std::function<storage::Labels()> external_labels;
  RemoteReadOptions options;
};

void RegisterRemoteRead(Router& router, RemoteReadDeps deps);

}  // namespace vigia::server
