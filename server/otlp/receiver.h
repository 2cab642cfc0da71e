// POST /api/v1/otlp/v1/metrics: takes metrics that OpenTelemetry's SDKs and collectors send (surface.md 1.9).
#pragma once

#include <functional>

#include "config/schema/otlp_config.h"
#include "server/http/router.h"
#include "server/log/log.h"
#include "storage/api/start_use.h"
#include "storage/model/clock.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

struct OtlpOptions {
  bool enabled = false;                       // --web.enable-otlp-receiver; without it the path answers 404.
  bool adds_deltas = false;                   // Feature otlp-deltatocumulative.
  bool takes_deltas = false;                  // Feature otlp-native-delta-ingestion.
  bool type_and_unit_labels = false;          // Feature of that name.
  storage::DurationMs lookback_ms = 300'000;  // --query.lookback-delta.
  storage::StartUse starts = {};
};

// References outlive the router and are thread-safe, and so are the functions.
struct OtlpDeps {
  storage::Appendable& storage;
  storage::Registry& registry;
  storage::Clock clock;
  Logger log;
  std::function<config::OtlpConfig()> config;  // The one in force.
  OtlpOptions options;
};

void RegisterOtlp(Router& router, OtlpDeps deps);

}  // namespace vigia::server
