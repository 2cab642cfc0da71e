// /query/active, /query/active/{id}, /query/top: which queries run, ending one, which cost most. Shapes in README.md.
#pragma once

#include "promql/engine/engine.h"
#include "server/http/router.h"

namespace vigia::server {

struct ActiveQueriesApiDeps {
  promql::Engine& engine;       // Outlives the router.
  bool cancel_enabled = false;  // Whether DELETE may end a query; else it answers as the admin API does when off.
};

void RegisterActiveQueriesApi(Router& router, ActiveQueriesApiDeps deps);

}  // namespace vigia::server
