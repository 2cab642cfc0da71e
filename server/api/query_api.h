// /query, /query_range, /format_query (surface.md 1.2).
#pragma once

#include "promql/engine/engine.h"
#include "server/http/router.h"
#include "storage/model/clock.h"

namespace vigia::server {

// Everything is thread-safe and outlives the router.
struct QueryApiDeps {
  promql::Engine& engine;
  storage::Clock clock;
};

void RegisterQueryApi(Router& router, QueryApiDeps deps);

}  // namespace vigia::server
