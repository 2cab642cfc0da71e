// Memory of queries in bytes: what one query has taken, and the room that all queries share.
#pragma once

#include <atomic>
#include <cstdint>

#include "storage/model/error.h"

namespace vigia::promql {

// Thread-safe.
class MemoryPool {
 public:
  // 0 = no limit; used() is counted all the same.
  explicit MemoryPool(std::uint64_t limit_bytes) : limit_bytes_(limit_bytes) {}

  // False, and nothing taken, when there would be more than the limit.
  bool Take(std::uint64_t bytes);
  void Give(std::uint64_t bytes) { used_bytes_.fetch_sub(bytes, std::memory_order_relaxed); }

  std::uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t limit_bytes() const { return limit_bytes_; }

 private:
  const std::uint64_t limit_bytes_;
  std::atomic<std::uint64_t> used_bytes_{0};
};

// What one query holds of a pool; all of it goes back when the account dies. Counters may be read from any thread;
// changed by one thread at a time. `pool` must outlive it.
class MemoryAccount {
 public:
  explicit MemoryAccount(MemoryPool& pool) : pool_(pool) {}
  MemoryAccount(const MemoryAccount&) = delete;
  MemoryAccount& operator=(const MemoryAccount&) = delete;
  ~MemoryAccount() { pool_.Give(used_bytes()); }

  // Before the memory is allocated. An evaluation error that names the limit when the pool is full.
  storage::Status Reserve(std::uint64_t bytes);
  void Release(std::uint64_t bytes);

  std::uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  std::uint64_t peak_bytes() const { return peak_bytes_.load(std::memory_order_relaxed); }
  // Whether a reservation was refused.
  bool refused() const { return refused_.load(std::memory_order_relaxed); }

 private:
  MemoryPool& pool_;
  std::atomic<std::uint64_t> used_bytes_{0};
  std::atomic<std::uint64_t> peak_bytes_{0};
  std::atomic<bool> refused_{false};
};

}  // namespace vigia::promql
