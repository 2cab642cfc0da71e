#include "promql/engine/engine.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include "promql/engine/engine_metrics.h"
#include "promql/engine/query.h"
#include "promql/engine/query_gate.h"
#include "promql/engine/query_log_slot.h"
#include "promql/engine/range_cache.h"
#include "promql/exec/memory_account.h"

namespace vigia::promql {
namespace {

using storage::Errc;
using storage::Error;
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
        gate_(std::max(options_.max_concurrency, 1), options_.max_queued),
        metrics_(registry, options_.max_concurrency),
        memory_(std::make_shared<MemoryPool>(options_.max_memory_bytes)),
        active_(options_.clock),
        top_(options_.top_queries, options_.clock),
        cache_(options_.range_cache_bytes, registry),
        workers_(options_.worker_threads,
                 &registry.AddCounter("vigia_query_worker_queue_full_total",
                                      "Times that a query did without a worker because too many tasks waited.")) {
    registry.AddCallback("vigia_query_memory_bytes", "Memory that running queries and unsent results have reserved.",
                         storage::InstrumentType::kGauge,
                         [memory = memory_] { return static_cast<double>(memory->used_bytes()); });
  }

  Result<QueryResult> Execute(const QueryRequest& request) {
    const auto start = SteadyClock::now();
    const QueryEnvironment environment = Environment(request, start);
    // Text that does not parse is refused without waiting for a turn.
    Result<PreparedQuery> prepared = PrepareQuery(request, environment);
    if (!prepared) {
      if (request.text.size() > kMaxQueryBytes) metrics_.LimitHit(QueryLimit::kTextBytes);
      return prepared.error();
    }
    QueryResult result;
    result.stats.preparation_seconds = SecondsSince(start);
    metrics_.QueryStarted();
    const auto memory = std::make_shared<Memory>(memory_);
    const Status status = Run(*prepared, request, environment, memory->account, result);
    prepared->plan.reset();
    result.stats.total_seconds = SecondsSince(start);
    result.stats.peak_bytes = memory->account.peak_bytes();
    Finish(request, prepared->normalised, result.stats, status);
    if (!status) return status.error();
    result.memory = memory;
    return result;
  }

  Result<ExplainNode> Explain(const QueryRequest& request) const {
    return ExplainQuery(request, Environment(request, SteadyClock::now()));
  }

  void SetDefaultSubqueryStep(DurationMs step_ms) { default_subquery_step_ms_ = step_ms; }
  void SetQueryLog(std::shared_ptr<QueryLog> log) {
    metrics_.LogEnabled(log ? 1 : 0);
    log_.Set(std::move(log));
  }
  const EngineOptions& options() const { return options_; }
  ActiveQueries& active() { return active_; }
  const TopQueries& top() const { return top_; }
  std::uint64_t memory_bytes() const { return memory_->used_bytes(); }

 private:
  // A result may outlive the engine, and its memory counts until then.
  struct Memory {
    explicit Memory(std::shared_ptr<MemoryPool> shared) : pool(std::move(shared)), account(*pool) {}
    const std::shared_ptr<MemoryPool> pool;
    MemoryAccount account;
  };

  QueryEnvironment Environment(const QueryRequest& request, SteadyClock::time_point start) const {
    const DurationMs timeout_ms = std::min(options_.timeout_ms, request.timeout_ms.value_or(options_.timeout_ms));
    return {options_, storage_, default_subquery_step_ms_.load(), start + std::chrono::milliseconds(timeout_ms),
            &workers_};
  }

  Status Run(const PreparedQuery& prepared, const QueryRequest& request, const QueryEnvironment& environment,
             MemoryAccount& memory, QueryResult& result) {
    ActiveQueries::Ticket ticket(active_, request, memory);
    const auto start = SteadyClock::now();
    const Turn turn = gate_.Enter(ticket.cancel(), environment.deadline);
    result.stats.queue_seconds = SecondsSince(start);
    if (turn != Turn::kGranted) return Refused(turn);
    ticket.Running();
    RunReport report;
    const QueryWatch watch{ticket.cancel(), memory, ticket.progress()};
    Status status = Compute(prepared, request, environment, watch, result, report);
    gate_.Leave();
    if (status) return status;
    if (status.error().code == Errc::kTimeout) metrics_.LimitHit(QueryLimit::kTimeout);
    if (status.error().code == Errc::kCancelled) metrics_.Cancelled();
    if (report.hit_samples) metrics_.LimitHit(QueryLimit::kSamples);
    if (report.hit_memory) metrics_.LimitHit(QueryLimit::kMemory);
    return status;
  }

  // From the cache what is there, the rest by running.
  Status Compute(const PreparedQuery& prepared, const QueryRequest& request, const QueryEnvironment& environment,
                 const QueryWatch& watch, QueryResult& result, RunReport& report) {
    const storage::TimeVersions* const versions = storage_.time_versions();
    // Beyond these there are no samples, and times with steps and durations added stay within the type.
    const bool is_sane = request.start_ms >= storage::kMinTimestampMs && request.end_ms <= storage::kMaxTimestampMs &&
                         request.step_ms <= storage::kMaxTimestampMs;
    const bool may_keep = request.step_ms > 0 && is_sane && cache_.enabled() && versions != nullptr;
    const bool wants_work = request.analyze == Analyze::kYes || request.step_stats || !request.use_cache;
    if (!may_keep || wants_work || !prepared.reach) {
      if (may_keep) cache_.Skipped();
      return RunQuery(*prepared.plan, request, environment, watch, result, report);
    }
    const storage::TimeVersions::Version version = versions->now();
    const RangeCache::Query query{request.text, request.lookback_delta_ms.value_or(options_.lookback_delta_ms),
                                  environment.default_subquery_step_ms, *prepared.reach};
    const StepRange steps{request.start_ms, request.end_ms, request.step_ms};
    auto kept = cache_.Find(query, steps, *versions);
    QueryRequest rest = request;
    if (kept) rest.start_ms = kept->last_ms + request.step_ms;
    const bool has_rest = rest.start_ms <= rest.end_ms;
    Status status;
    if (has_rest) status = RunQuery(*prepared.plan, rest, environment, watch, result, report);
    if (status && kept && report.is_whole) {
      kept.reset();
      cache_.Forget(query, steps);
      status = RunQuery(*prepared.plan, request, environment, watch, result, report);
    }
    if (status && kept) status = watch.memory.Reserve(BytesOf(*kept->matrix));
    report.hit_memory = report.hit_memory || watch.memory.refused();
    if (!status) return status;
    if (kept) {
      Matrix later = has_rest ? std::get<Matrix>(std::move(result.value)) : Matrix();
      result.value = Joined(*kept->matrix, steps.first_ms, kept->last_ms, std::move(later));
    }
    // Annotations would have to be kept by step.
    const bool is_plain = result.annotations.warnings.empty() && result.annotations.infos.empty();
    if (has_rest && is_plain && !report.is_whole) cache_.Keep(query, steps, version, std::get<Matrix>(result.value));
    return {};
  }

  Error Refused(Turn turn) {
    switch (turn) {
      case Turn::kGranted: break;
      case Turn::kTimedOut:
        metrics_.LimitHit(QueryLimit::kQueueTimeout);
        return {Errc::kTimeout, "query timed out in query queue"};
      case Turn::kCancelled: metrics_.Cancelled(); return {Errc::kCancelled, "query was canceled in query queue"};
      case Turn::kQueueFull:
        metrics_.LimitHit(QueryLimit::kQueueFull);
        return {Errc::kTimeout, "query queue is full: " + std::to_string(options_.max_queued) + " queries are waiting"};
    }
    return {Errc::kInternal, "a query that got its turn was refused"};
  }

  void Finish(const QueryRequest& request, std::string_view normalised, const QueryStats& stats, const Status& status) {
    metrics_.QueryEnded(stats);
    const auto outcome = status ? TopQueries::Outcome::kSucceeded : TopQueries::Outcome::kFailed;
    if (top_.Add(normalised, stats, request.origin, outcome)) metrics_.TopEvicted();
    const std::optional<Error> error = status ? std::nullopt : std::optional(status.error());
    const FinishedQuery finished{request, stats, error ? &*error : nullptr};
    if (const std::shared_ptr<QueryLog> log = log_.Get()) {
      if (const Status written = log->Write(finished); !written) metrics_.LogFailed();
    }
    const bool slow =
        options_.slow_query_ms > 0 && stats.total_seconds * 1000 >= static_cast<double>(options_.slow_query_ms);
    if (!slow) return;
    metrics_.Slow();
    if (options_.on_slow_query) options_.on_slow_query(finished);
  }

  const EngineOptions options_;
  const storage::Queryable& storage_;
  std::atomic<DurationMs> default_subquery_step_ms_;
  QueryGate gate_;
  EngineMetrics metrics_;
  const std::shared_ptr<MemoryPool> memory_;
  ActiveQueries active_;
  TopQueries top_;
  QueryLogSlot log_;
  RangeCache cache_;
  mutable WorkerPool workers_;  // Tells nothing about the engine's state.
};

Engine::Engine(EngineOptions options, const storage::Queryable& storage, storage::Registry& registry)
    : impl_(std::make_unique<Impl>(std::move(options), storage, registry)) {}

Engine::~Engine() = default;

Result<QueryResult> Engine::Execute(const QueryRequest& request) { return impl_->Execute(request); }

Result<ExplainNode> Engine::Explain(const QueryRequest& request) const { return impl_->Explain(request); }

ActiveQueries& Engine::active() { return impl_->active(); }

const TopQueries& Engine::top() const { return impl_->top(); }

std::uint64_t Engine::memory_bytes() const { return impl_->memory_bytes(); }

void Engine::SetQueryLog(std::shared_ptr<QueryLog> log) { impl_->SetQueryLog(std::move(log)); }

void Engine::SetDefaultSubqueryStep(DurationMs step_ms) { impl_->SetDefaultSubqueryStep(step_ms); }

const EngineOptions& Engine::options() const { return impl_->options(); }

}  // namespace vigia::promql
