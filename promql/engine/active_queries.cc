#include "promql/engine/active_queries.h"

#include <algorithm>

#include "promql/engine/engine.h"
#include "promql/engine/text_cut.h"

namespace vigia::promql {

ActiveQueries::Ticket::Ticket(ActiveQueries& list, const QueryRequest& request, const MemoryAccount& memory)
    : list_(list), request_(request), memory_(memory), since_ms_(list.clock_()), sender_gone_(request.cancel, [this] {
        stop_.request_stop();
      }) {
  const std::lock_guard lock(list_.mu_);
  id_ = ++list_.last_id_;
  list_.tickets_.emplace(id_, this);
}

ActiveQueries::Ticket::~Ticket() {
  const std::lock_guard lock(list_.mu_);
  list_.tickets_.erase(id_);
}

std::vector<ActiveQuery> ActiveQueries::List() const {
  const storage::TimestampMs now_ms = clock_();
  std::vector<ActiveQuery> list;
  const std::lock_guard lock(mu_);
  list.reserve(tickets_.size());
  for (const auto& [id, ticket] : tickets_) {
    const QueryRequest& request = ticket->request_;
    ActiveQuery& query = list.emplace_back();
    query.id = id;
    query.text = CutText(request.text, kMaxListedBytes);
    query.start_ms = request.start_ms;
    query.end_ms = request.end_ms;
    query.step_ms = request.step_ms;
    query.since_ms = ticket->since_ms_;
    query.age_ms = std::max<storage::DurationMs>(now_ms - ticket->since_ms_, 0);
    query.state = ticket->state_.load(std::memory_order_relaxed);
    query.samples_held = ticket->progress_.samples_held.load(std::memory_order_relaxed);
    query.samples_read = ticket->progress_.samples_read.load(std::memory_order_relaxed);
    query.bytes = ticket->memory_.used_bytes();
    query.origin = request.origin;
  }
  return list;
}

bool ActiveQueries::Cancel(std::uint64_t id) {
  const std::lock_guard lock(mu_);
  const auto at = tickets_.find(id);
  if (at == tickets_.end()) return false;
  at->second->stop_.request_stop();
  return true;
}

}  // namespace vigia::promql
