#include "promql/exec/memory_account.h"

#include <algorithm>
#include <string>

#include "promql/exec/evaluation_error.h"

namespace vigia::promql {

bool MemoryPool::Take(std::uint64_t bytes) {
  if (limit_bytes_ == 0) {
    used_bytes_.fetch_add(bytes, std::memory_order_relaxed);
    return true;
  }
  std::uint64_t used = used_bytes();
  do {
    if (bytes > limit_bytes_ || used > limit_bytes_ - bytes) return false;
  } while (!used_bytes_.compare_exchange_weak(used, used + bytes, std::memory_order_relaxed));
  return true;
}

storage::Status MemoryAccount::Reserve(std::uint64_t bytes) {
  if (!pool_.Take(bytes)) {
    refused_.store(true, std::memory_order_relaxed);
    return EvaluationError("query processing would need more memory than the limit of " +
                           std::to_string(pool_.limit_bytes()) + " bytes for all running queries allows");
  }
  const std::uint64_t used = used_bytes_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  peak_bytes_.store(std::max(peak_bytes(), used), std::memory_order_relaxed);
  return {};
}

void MemoryAccount::Release(std::uint64_t bytes) {
  const std::uint64_t released = std::min(bytes, used_bytes());
  used_bytes_.fetch_sub(released, std::memory_order_relaxed);
  pool_.Give(released);
}

}  // namespace vigia::promql
