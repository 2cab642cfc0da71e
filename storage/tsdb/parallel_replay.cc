#include "storage/tsdb/parallel_replay.h"

#include <algorithm>
#include <utility>

#include "storage/wal/frame.h"

namespace vigia::storage {

ParallelReplay::ParallelReplay(std::size_t threads, Replay replay) : replay_(std::move(replay)) {
  for (std::size_t i = 0; threads > 1 && i < threads; ++i) {
    Worker& worker = *workers_.emplace_back(std::make_unique<Worker>());
    worker.thread = std::thread([this, &worker] { Run(worker); });
  }
}

ParallelReplay::~ParallelReplay() {
  for (const auto& worker : workers_) {
    {
      const std::lock_guard lock(worker->mu);
      worker->stopping = true;
    }
    worker->changed.notify_all();
    worker->thread.join();
  }
}

void ParallelReplay::Run(Worker& worker) const {
  for (;;) {
    std::vector<Frame> frames;
    bool failed = false;
    {
      std::unique_lock lock(worker.mu);
      worker.busy = false;
      worker.changed.notify_all();
      worker.changed.wait(lock, [&] { return worker.stopping || !worker.queue.empty(); });
      if (worker.queue.empty()) return;
      frames.swap(worker.queue);
      worker.queued_bytes = 0;
      worker.busy = true;
      failed = !worker.status;
    }
    worker.changed.notify_all();
    // Those of one target together: its columns and newest rows then stay in the processor's cache.
    std::stable_sort(frames.begin(), frames.end(), [](const Frame& a, const Frame& b) { return a.target < b.target; });
    Status status;
    for (const Frame& frame : frames) {
      if (failed || !status) break;
      status = replay_(frame.seq, frame.generation, frame.bytes);
    }
    if (status) continue;
    const std::lock_guard lock(worker.mu);
    worker.status = status;
  }
}

Status ParallelReplay::Add(std::uint64_t seq, std::uint32_t generation, std::string_view frame) {
  const std::optional<FrameHead> head = workers_.empty() ? std::nullopt : HeadOfOneTarget(frame);
  if (!head) {  // Of several targets: theirs must all be done.
    if (Status status = WaitForAll(); !status) return status;
    return replay_(seq, generation, frame);
  }
  Worker& worker = *workers_[head->target % workers_.size()];
  std::unique_lock lock(worker.mu);
  worker.changed.wait(lock, [&] { return worker.queued_bytes < kMaxQueuedBytes; });
  if (!worker.status) return worker.status;
  worker.queue.push_back({head->target, seq, generation, std::string(frame)});
  worker.queued_bytes += frame.size();
  lock.unlock();
  worker.changed.notify_all();
  return {};
}

Status ParallelReplay::WaitForAll() {
  Status first;
  for (const auto& worker : workers_) {
    std::unique_lock lock(worker->mu);
    worker->changed.wait(lock, [&] { return worker->queue.empty() && !worker->busy; });
    if (first) first = worker->status;
  }
  return first;
}

Status ParallelReplay::Finish() { return WaitForAll(); }

}  // namespace vigia::storage
