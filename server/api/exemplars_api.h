// /query_exemplars (surface.md 1.2).
#pragma once

#include "promql/parser/parse.h"
#include "server/http/router.h"
#include "storage/api/exemplars.h"

namespace vigia::server {

// `exemplars` is thread-safe and outlives the router.
void RegisterExemplarsApi(Router& router, const storage::ExemplarQueryable& exemplars, promql::ParserOptions parser);

}  // namespace vigia::server
