// process_* and build metrics, under the names that dashboards use.
#pragma once

#include "storage/model/timestamp.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// Values are read from /proc at collection time. `registry` outlives nothing here: no reference is kept but the
// callbacks.
void RegisterProcessMetrics(storage::Registry& registry, storage::TimestampMs start_ms);

}  // namespace vigia::server
