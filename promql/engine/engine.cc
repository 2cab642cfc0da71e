#include "promql/engine/engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <utility>

#include "promql/engine/engine_metrics.h"
#include "promql/engine/query.h"
#include "promql/engine/query_gate.h"

namespace vigia::promql {
namespace {

using storage::Result;
using storage::Status;
using SteadyClock = std::chrono::steady_clock;

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

}  // namespace

class Engine::Impl {
 public:
  Impl(EngineOptions options, const storage::Queryable& storage, storage::Registry& registry)
      : options_(std::move(options)),
        storage_(storage),
        default_subquery_step_ms_(options_.default_subquery_step_ms),
        gate_(std::max(options_.max_concurrency, 1)),
        metrics_(registry, options_.max_concurrency) {}

  Result<QueryResult> Execute(const QueryRequest& request) {
    const auto start = SteadyClock::now();
    const DurationMs timeout_ms = std::min(options_.timeout_ms, request.timeout_ms.value_or(options_.timeout_ms));
    const QueryEnvironment environment{options_, storage_, default_subquery_step_ms_.load(),
                                       start + std::chrono::milliseconds(timeout_ms)};
    // Text that does not parse is refused without waiting for a turn.
    Result<PlanPtr> plan = PrepareQuery(request, environment);
    if (!plan) return plan.error();
    QueryResult result;
    result.stats.preparation_seconds = SecondsSince(start);
    metrics_.QueryStarted();
    const Status status = Run(**plan, request, environment, result);
    result.stats.total_seconds = SecondsSince(start);
    metrics_.QueryEnded(result.stats);
    if (!status) return status.error();
    return result;
  }

  void SetDefaultSubqueryStep(DurationMs step_ms) { default_subquery_step_ms_ = step_ms; }
  const EngineOptions& options() const { return options_; }

 private:
  Status Run(PlanNode& plan, const QueryRequest& request, const QueryEnvironment& environment, QueryResult& result) {
    const auto start = SteadyClock::now();
    if (Status entered = gate_.Enter(request.cancel, environment.deadline); !entered) return entered;
    result.stats.queue_seconds = SecondsSince(start);
    Status status = RunQuery(plan, request, environment, result);
    gate_.Leave();
    return status;
  }

  const EngineOptions options_;
  const storage::Queryable& storage_;
  std::atomic<DurationMs> default_subquery_step_ms_;
  QueryGate gate_;
  EngineMetrics metrics_;
};

Engine::Engine(EngineOptions options, const storage::Queryable& storage, storage::Registry& registry)
    : impl_(std::make_unique<Impl>(std::move(options), storage, registry)) {}

Engine::~Engine() = default;

Result<QueryResult> Engine::Execute(const QueryRequest& request) { return impl_->Execute(request); }

void Engine::SetDefaultSubqueryStep(DurationMs step_ms) { impl_->SetDefaultSubqueryStep(step_ms); }

const EngineOptions& Engine::options() const { return impl_->options(); }

}  // namespace vigia::promql
