// Lines about slow queries in the server's own log.
#pragma once

#include "promql/engine/query_log.h"
#include "server/log/log.h"

namespace vigia::server {

// For EngineOptions::on_slow_query: one warning for each query, with its cost and who sent it.
promql::QueryListener SlowQueryLog(Logger log);

}  // namespace vigia::server
