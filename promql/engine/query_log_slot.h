// The query log that is in force; changes while queries run.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "promql/engine/query_log.h"

namespace vigia::promql {

// Thread-safe.
class QueryLogSlot {
 public:
  void Set(std::shared_ptr<QueryLog> log) {
    const std::lock_guard lock(mu_);
    log_.swap(log);
  }
  std::shared_ptr<QueryLog> Get() const {
    const std::lock_guard lock(mu_);
    return log_;
  }

 private:
  mutable std::mutex mu_;
  std::shared_ptr<QueryLog> log_;
};

}  // namespace vigia::promql
