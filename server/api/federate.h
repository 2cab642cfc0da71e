// /federate: newest samples of selected series as an exposition, for another server to scrape (surface.md 1.11).
#pragma once

#include <functional>

#include "server/http/router.h"
#include "storage/api/querier.h"
#include "storage/model/clock.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

struct FederateDeps {
  const storage::Queryable& storage;
  storage::Registry& registry;
  storage::Clock clock;
  storage::DurationMs lookback_delta_ms = 300'000;
  std::function<storage::Labels()> external_labels;
};

void RegisterFederate(Router& router, FederateDeps deps);

}  // namespace vigia::server
