// PromQL over a storage::Queryable: text in, value out, within limits.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>

#include "promql/engine/active_queries.h"
#include "promql/engine/query_log.h"
#include "promql/engine/query_origin.h"
#include "promql/engine/top_queries.h"
#include "promql/parser/parse.h"
#include "promql/value/explain_node.h"
#include "promql/value/value.h"
#include "storage/api/querier.h"
#include "storage/model/clock.h"
#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::promql {

struct EngineOptions {
  storage::DurationMs lookback_delta_ms = 5 * 60 * 1000;
  storage::DurationMs timeout_ms = 2 * 60 * 1000;
  int max_concurrency = 20;                // Queries beyond it wait for their turn, up to their timeout.
  std::size_t max_queued = 1000;           // More than these do not wait: they are refused at once.
  std::uint64_t max_samples = 50'000'000;  // Held in memory at once by one query.
  // Of all running queries and of results that are not sent yet, as far as the engine reserves it: rows, label sets,
  // values; not what storage needs for itself. 0 = no limit.
  std::uint64_t max_memory_bytes = 0;
  storage::DurationMs default_subquery_step_ms = 60 * 1000;  // global.evaluation_interval
  ParserOptions parser;
  bool delayed_name_removal = false;  // promql-delayed-name-removal
  // use-start-timestamps: rate() and its like look at when counters started, and start_timestamp() has results.
  bool use_start_timestamps = false;
  bool per_step_stats = false;                 // promql-per-step-stats: requests may ask for samples by step.
  std::uint64_t range_cache_bytes = 64 << 20;  // For results of range queries (range_cache.h); 0 = none are kept.
  // Threads that help queries over many series, besides the thread of each query.
  std::size_t worker_threads = std::max(std::thread::hardware_concurrency(), 1u) - 1;
  std::size_t top_queries = 1000;  // Texts whose costs are added up; 0 = none.
  // Told of queries that took at least so long; 0 or no listener = never.
  storage::DurationMs slow_query_ms = 0;
  QueryListener on_slow_query;
  storage::Clock clock = storage::SystemClock();  // For ages and times in lists; deadlines do not depend on it.
};

enum class Analyze { kNo, kYes };

struct QueryRequest {
  std::string text;
  TimestampMs start_ms = 0;  // An instant query has start == end and step 0.
  TimestampMs end_ms = 0;
  storage::DurationMs step_ms = 0;
  std::optional<storage::DurationMs> timeout_ms;  // Lowers the engine's, never raises it.
  std::optional<storage::DurationMs> lookback_delta_ms;
  std::stop_token cancel;  // Takes effect within 100 ms.
  QueryOrigin origin;
  Analyze analyze = Analyze::kNo;  // Fills QueryResult::explain.
  // Results of range queries may come from the cache; the statistics are those of the steps that were computed.
  bool use_cache = true;
  bool step_stats = false;  // Fills the lists by step of QueryStats, if the engine may.
};

// Thread-safe. `storage` and `registry` must outlive the engine.
class Engine {
 public:
  Engine(EngineOptions options, const storage::Queryable& storage, storage::Registry& registry);
  ~Engine();

  // Instant: scalar, string, vector or matrix (for a range selector or subquery). Range: always a matrix, sorted by
  // labels. Errors: kInvalid = does not parse (bad_data), kTimeout (also when too many wait already), kCancelled,
  // kIo/kCorruption = storage failed (internal), kLimit and all other evaluation errors = execution. Texts as in
  // surface.md 4.3 and 4.4.
  storage::Result<QueryResult> Execute(const QueryRequest& request);

  // The plan alone; nothing is read.
  storage::Result<ExplainNode> Explain(const QueryRequest& request) const;

  ActiveQueries& active();
  const TopQueries& top() const;
  std::uint64_t memory_bytes() const;  // What counts against max_memory_bytes.

  // Every query from now on that gets as far as waiting for its turn is told to `log`; null = none. The old one is
  // let go of when the queries that use it are done.
  void SetQueryLog(std::shared_ptr<QueryLog> log);

  // global.evaluation_interval changed on reload.
  void SetDefaultSubqueryStep(storage::DurationMs step_ms);
  const EngineOptions& options() const;

 private:
  class Impl;
  const std::unique_ptr<Impl> impl_;
};

}  // namespace vigia::promql
