// /search/metric_names, /search/label_names, /search/label_values (surface.md 1.7): what fits a few typed letters.
#pragma once

#include <cstdint>

#include "server/http/router.h"
#include "server/scrape/manager.h"
#include "storage/api/querier.h"
#include "storage/model/clock.h"

namespace vigia::server {

// References outlive the router and are thread-safe.
struct SearchApiDeps {
  const storage::Queryable& storage;
  const ScrapeManager& scrape;  // For include_metadata.
  storage::Clock clock;
  bool enabled = false;              // Feature search-api; without it every answer is `unavailable`.
  std::uint64_t max_limit = 10'000;  // --web.search.max-limit; 0: none.
};

void RegisterSearchApi(Router& router, SearchApiDeps deps);

}  // namespace vigia::server
