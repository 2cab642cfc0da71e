// /status/self_metrics: the server's own metrics as JSON (surface.md 1.5).
#pragma once

#include "server/http/router.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// Each family as the JSON form of the protobuf message io.prometheus.client.MetricFamily.
void RegisterSelfMetricsApi(Router& router, const storage::Registry& registry);

}  // namespace vigia::server
