// The query log: one JSON line for each query (surface.md 1.12, global.query_log_file).
#pragma once

#include <memory>
#include <string>

#include "promql/engine/query_log.h"
#include "storage/model/clock.h"
#include "storage/model/error.h"

namespace vigia::server {

// Appends to the file, which is created when it is missing; kIo when it cannot be opened. Lines are written whole.
// Opening it again, after a reload, follows a file that was moved away.
storage::Result<std::shared_ptr<promql::QueryLog>> OpenQueryLog(const std::string& path, storage::Clock clock);

// The line without its end. Separate for tests.
std::string QueryLogLine(const promql::FinishedQuery& query, storage::TimestampMs now_ms);

}  // namespace vigia::server
