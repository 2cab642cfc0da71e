// Who sent a query over HTTP.
#pragma once

#include "promql/engine/query_origin.h"
#include "server/http/message.h"

namespace vigia::server {

// Client, method, path, and the headers with which Grafana says what a query is for: X-Dashboard-*, X-Panel-*,
// X-Rule-*, FromAlert, X-Grafana-Org-Id, X-Grafana-User. At most 16 headers, of each value at most 256 bytes.
promql::QueryOrigin OriginOf(const Request& http);

}  // namespace vigia::server
