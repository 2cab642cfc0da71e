// Where finished queries are told: the query log and the log of slow queries are on the other side.
#pragma once

#include <functional>

#include "promql/value/value.h"
#include "storage/model/error.h"

namespace vigia::promql {

struct QueryRequest;

struct FinishedQuery {
  const QueryRequest& request;
  const QueryStats& stats;
  const storage::Error* error = nullptr;  // Null when it succeeded.
};

// Called from the thread of the query. Must not call the engine.
using QueryListener = std::function<void(const FinishedQuery&)>;

// Thread-safe.
class QueryLog {
 public:
  virtual ~QueryLog() = default;
  // A failure is counted by the engine and does not concern the query.
  virtual storage::Status Write(const FinishedQuery& query) = 0;
};

}  // namespace vigia::promql
