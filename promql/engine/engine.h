// PromQL over a storage::Queryable: text in, value out, within limits.
#pragma once

#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "promql/parser/parse.h"
#include "promql/value/value.h"
#include "storage/api/querier.h"
#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::promql {

struct EngineOptions {
  storage::DurationMs lookback_delta_ms = 5 * 60 * 1000;
  storage::DurationMs timeout_ms = 2 * 60 * 1000;
  int max_concurrency = 20;                // Queries beyond it wait for their turn, up to their timeout.
  std::uint64_t max_samples = 50'000'000;  // Held in memory at once by one query.
  storage::DurationMs default_subquery_step_ms = 60 * 1000;  // global.evaluation_interval
  ParserOptions parser;
  bool delayed_name_removal = false;  // promql-delayed-name-removal
};

struct QueryRequest {
  std::string text;
  TimestampMs start_ms = 0;  // An instant query has start == end and step 0.
  TimestampMs end_ms = 0;
  storage::DurationMs step_ms = 0;
  std::optional<storage::DurationMs> timeout_ms;  // Lowers the engine's, never raises it.
  std::optional<storage::DurationMs> lookback_delta_ms;
  std::stop_token cancel;  // Takes effect within 100 ms.
};

// Thread-safe. `storage` and `registry` must outlive the engine.
class Engine {
 public:
  Engine(EngineOptions options, const storage::Queryable& storage, storage::Registry& registry);
  ~Engine();

  // Instant: scalar, string, vector or matrix (for a range selector or subquery). Range: always a matrix, sorted by
  // labels. Errors: kInvalid = does not parse (bad_data), kTimeout, kCancelled, kIo/kCorruption = storage failed
  // (internal), kLimit and all other evaluation errors = execution. Texts as in surface.md 4.3 and 4.4.
  storage::Result<QueryResult> Execute(const QueryRequest& request);

  // global.evaluation_interval changed on reload.
  void SetDefaultSubqueryStep(storage::DurationMs step_ms);
  const EngineOptions& options() const;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace vigia::promql
