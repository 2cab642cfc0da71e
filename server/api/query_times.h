// When a query is evaluated: the parameters `time`, or `start`, `end` and `step` (surface.md 1.2).
#pragma once

#include "promql/engine/engine.h"
#include "server/http/message.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// An instant query at `time`, or at `now_ms` without it. The error is a whole text.
storage::Status ReadInstant(const Params& params, storage::TimestampMs now_ms, promql::QueryRequest& request);

// A range query; all three are required. The error is a whole text, also for too many steps.
storage::Status ReadRange(const Params& params, promql::QueryRequest& request);

}  // namespace vigia::server
