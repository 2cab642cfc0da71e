#include "server/http/worker_pool.h"

#include <algorithm>

namespace vigia::server {

Compressor& WorkerContext::compressor() {
  if (compressor_ == nullptr) compressor_ = std::make_unique<Compressor>();
  return *compressor_;
}

WorkerPool::WorkerPool(int threads, std::size_t queue_limit) : queue_limit_(queue_limit) {
  for (int i = 0; i < std::max(threads, 1); ++i) threads_.emplace_back([this] { Run(); });
}

WorkerPool::~WorkerPool() { Stop(); }

bool WorkerPool::Submit(Task task, Admission admission) {
  {
    const std::scoped_lock lock(mu_);
    if (stopping_ || (admission == Admission::kNew && queue_.size() >= queue_limit_)) return false;
    queue_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void WorkerPool::Run() {
  WorkerContext context;
  std::unique_lock lock(mu_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    task(context);
    task = nullptr;  // What it holds may lock the pool again when it dies.
    lock.lock();
  }
}

void WorkerPool::Stop() {
  {
    const std::scoped_lock lock(mu_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  std::deque<Task> dropped;
  {
    const std::scoped_lock lock(mu_);
    dropped.swap(queue_);
  }
}

}  // namespace vigia::server
