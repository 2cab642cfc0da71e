// The queries that wait or run, for those who want to know or to end one.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <stop_token>
#include <string>
#include <vector>

#include "promql/engine/query_origin.h"
#include "promql/exec/memory_account.h"
#include "promql/exec/query_progress.h"
#include "storage/model/clock.h"

namespace vigia::promql {

struct QueryRequest;

enum class QueryState { kQueued, kRunning };

// A query as it was when the list was made.
struct ActiveQuery {
  std::uint64_t id = 0;
  std::string text;  // At most kMaxListedBytes of it.
  storage::TimestampMs start_ms = 0;
  storage::TimestampMs end_ms = 0;
  storage::DurationMs step_ms = 0;  // 0 = instant.
  storage::TimestampMs since_ms = 0;
  storage::DurationMs age_ms = 0;
  QueryState state = QueryState::kQueued;
  std::uint64_t samples_held = 0;
  std::uint64_t samples_read = 0;
  std::uint64_t bytes = 0;
  QueryOrigin origin;
};

// Thread-safe. Holds as many queries as callers execute at once.
class ActiveQueries {
 public:
  static constexpr std::size_t kMaxListedBytes = 8192;

  explicit ActiveQueries(storage::Clock clock) : clock_(std::move(clock)) {}

  // A query on the list for as long as this lives. The list must outlive it.
  class Ticket {
   public:
    Ticket(ActiveQueries& list, const QueryRequest& request, const MemoryAccount& memory);
    ~Ticket();
    Ticket(const Ticket&) = delete;
    Ticket& operator=(const Ticket&) = delete;

    void Running() { state_.store(QueryState::kRunning, std::memory_order_relaxed); }
    // Requested by the list, or by whoever sent the query.
    std::stop_token cancel() const { return stop_.get_token(); }
    QueryProgress& progress() { return progress_; }

   private:
    friend class ActiveQueries;
    ActiveQueries& list_;
    const QueryRequest& request_;
    const MemoryAccount& memory_;
    const storage::TimestampMs since_ms_;
    std::atomic<QueryState> state_{QueryState::kQueued};
    QueryProgress progress_;
    std::stop_source stop_;
    std::stop_callback<std::function<void()>> sender_gone_;
    std::uint64_t id_ = 0;
  };

  std::vector<ActiveQuery> List() const;  // Oldest first.
  // False when no such query is on the list (any more). It ends within 100 ms, with the error of cancelled queries.
  bool Cancel(std::uint64_t id);

 private:
  const storage::Clock clock_;
  mutable std::mutex mu_;  // Guards what follows. A ticket on the list lives while it is held.
  std::map<std::uint64_t, Ticket*> tickets_;
  std::uint64_t last_id_ = 0;
};

}  // namespace vigia::promql
