// Threads that lend queries a hand. A query never depends on them: what nobody has begun its own thread does.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "storage/telemetry/registry.h"

namespace vigia::promql {

// Thread-safe.
class WorkerPool {
 public:
  // `refused` counts the tasks that Submit() drops; null: nobody asks. It must outlive the pool.
  explicit WorkerPool(std::size_t threads, storage::Counter* refused = nullptr);
  ~WorkerPool();  // Drops tasks that have not begun, waits for the others.
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  std::size_t threads() const { return threads_.size(); }
  // Runs `task` on one of the threads, some time. False, and the task is dropped, when kMaxWaiting are waiting.
  bool Submit(std::function<void()> task);

  static constexpr std::size_t kMaxWaiting = 1024;

 private:
  void Run();

  storage::Counter* const refused_;
  std::mutex mu_;
  std::condition_variable wake_;
  std::deque<std::function<void()>> waiting_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace vigia::promql
