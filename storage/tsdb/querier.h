// Readers: the head and the runs as one.
#pragma once

#include <memory>

#include "storage/api/querier.h"
#include "storage/head/series_map.h"
#include "storage/kv/store.h"
#include "storage/maintenance/policies.h"
#include "storage/maintenance/run_store.h"
#include "storage/maintenance/tombstones.h"
#include "storage/model/clock.h"

namespace vigia::storage {

// All of them outlive the querier and its selections.
struct ReadDeps {
  const SeriesMap& series;
  const Store& store;
  RunStore& runs;
  const TombstoneStore& tombstones;
  const RetentionPolicies& policies;
  Quarantine& quarantine;
  const Clock& clock;
};

std::unique_ptr<Querier> MakeQuerier(const ReadDeps& deps, TimestampMs start_ms, TimestampMs end_ms);

}  // namespace vigia::storage
