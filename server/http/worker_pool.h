// Threads for request handlers. Internal to the room.
#pragma once

#include <chrono>
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

  // Whether the calling thread may do a task of `client` itself, as one of the workers: nothing else is being done or
  // waits, and no other client asked within kQuiet. Then it counts as a running worker until EndStandIn().
  bool TryStandIn(const void* client);
  void EndStandIn();
  // REQUIRES: between the two.
  WorkerContext& stand_in_context() { return stand_in_context_; }

  // Of several clients each gets a worker: one that stands in serves one after the other.
  static constexpr std::chrono::milliseconds kQuiet{5};

  // Lets running tasks end, joins, drops the waiting ones. Idempotent.
  void Stop();

 private:
  void Run();

  const std::size_t workers_;
  const std::size_t queue_limit_;
  WorkerContext stand_in_context_;
  std::mutex mu_;  // Guards what follows.
  std::condition_variable wake_;
  std::deque<Task> queue_;
  std::size_t running_ = 0;  // Tasks, with that of who stands in: at most workers_.
  bool stopping_ = false;
  const void* last_client_ = nullptr;  // Who asked TryStandIn() last, and when.
  std::chrono::steady_clock::time_point last_asked_;
  std::vector<std::thread> threads_;
};

}  // namespace vigia::server
