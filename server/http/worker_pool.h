// Threads for request handlers. Internal to the room.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "server/http/compression.h"

namespace vigia::server {

// What a worker thread keeps between tasks.
class WorkerContext {
 public:
  Compressor& compressor();  // Made at first use: not every worker compresses.

 private:
  std::unique_ptr<Compressor> compressor_;
};

// Thread-safe.
class WorkerPool {
 public:
  using Task = std::function<void(WorkerContext&)>;
  enum class Admission {
    kNew,      // Refused when `queue_limit` tasks wait.
    kStarted,  // The next step of work that was admitted before: always taken.
  };

  WorkerPool(int threads, std::size_t queue_limit);
  ~WorkerPool();  // Stop().

  // False: refused, `task` was not taken.
  bool Submit(Task task, Admission admission);

  // Lets running tasks end, joins, drops the waiting ones. Idempotent.
  void Stop();

 private:
  void Run();

  const std::size_t queue_limit_;
  std::mutex mu_;
  std::condition_variable wake_;
  std::deque<Task> queue_;  // Guarded by mu_.
  bool stopping_ = false;   // Guarded by mu_.
  std::vector<std::thread> threads_;
};

}  // namespace vigia::server
