// Frames of the log at a start, decoded by several threads: those of one target by the same one, in their order.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "storage/model/error.h"

namespace vigia::storage {

// Used from one thread.
class ParallelReplay {
 public:
  using Replay = std::function<Status(std::uint64_t seq, std::uint32_t generation, std::string_view frame)>;
  // `replay` is called from `threads` threads, or from Add() and Finish() when that is 1; never at the same time for
  // frames that name the same target. REQUIRES: threads > 0.
  ParallelReplay(std::size_t threads, Replay replay);
  ~ParallelReplay();

  // Takes one frame; `frame` is copied. The first error of a frame that was taken before, if there was one: what
  // follows is not replayed any more.
  Status Add(std::uint64_t seq, std::uint32_t generation, std::string_view frame);
  // Waits until all is done.
  Status Finish();

 private:
  static constexpr std::size_t kMaxQueuedBytes = 16u << 20;  // Per thread.
  struct Frame {
    std::uint32_t target;
    std::uint64_t seq;
    std::uint32_t generation;
    std::string bytes;
  };
  struct Worker {
    std::mutex mu;
    std::condition_variable changed;
    std::vector<Frame> queue;  // Guarded by mu, as are the next ones.
    std::size_t queued_bytes = 0;
    bool busy = false;
    bool stopping = false;
    Status status;
    std::thread thread;
  };
  void Run(Worker& worker) const;
  Status WaitForAll();

  const Replay replay_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace vigia::storage
