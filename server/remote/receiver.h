// POST /api/v1/write: takes what other servers and agents send by Prometheus' remote write protocol (surface.md 1.9).
#pragma once

#include <cstddef>
#include <functional>

#include "server/http/router.h"
#include "server/log/log.h"
#include "server/remote/metadata_store.h"
#include "storage/api/start_use.h"
#include "storage/model/clock.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

struct RemoteWriteOptions {
  bool enabled = false;   // --web.enable-remote-write-receiver; without it the path answers 404.
  bool accept_v1 = true;  // --web.remote-write-receiver.accepted-protobuf-messages: prometheus.WriteRequest
  bool accept_v2 = true;  // and io.prometheus.write.v2.Request.
  std::size_t max_decoded_bytes = 32 << 20;   // Of one request. Above: 400.
  std::size_t max_cached_series = 4'000'000;  // 32 to 64 bytes each, only for series that came.
  storage::StartUse starts = {};              // Of samples of version 2.
};

// References outlive the router and are thread-safe.
struct RemoteWriteDeps {
  storage::Appendable& storage;
  storage::Registry& registry;
  storage::Clock clock;
  Logger log;
  RemoteWriteOptions options;
  std::function<bool()> sent_on = {};  // Whether somebody else counts all that is stored as "in to remote storage".
  MetadataStore* metadata = nullptr;   // Null: what comes is not kept.
};

void RegisterRemoteWrite(Router& router, RemoteWriteDeps deps);

}  // namespace vigia::server
