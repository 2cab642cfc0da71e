#include "server/http/worker_pool.h"

#include <algorithm>

namespace vigia::server {

Compressor& WorkerContext::compressor() {
  if (compressor_ == nullptr) compressor_ = std::make_unique<Compressor>();
  return *compressor_;
}

WorkerPool::WorkerPool(int threads, std::size_t queue_limit)
    : workers_(static_cast<std::size_t>(std::max(threads, 1))), queue_limit_(queue_limit) {
  while (threads_.size() < workers_) threads_.emplace_back([this] { Run(); });
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

bool WorkerPool::TryStandIn(const void* client) {
  const auto now = std::chrono::steady_clock::now();
  const std::scoped_lock lock(mu_);
  const bool is_alone = last_client_ == client || now - last_asked_ > kQuiet;
  last_client_ = client;
  last_asked_ = now;
  if (!is_alone || stopping_ || running_ > 0 || !queue_.empty()) return false;
  ++running_;
  return true;
}

void WorkerPool::EndStandIn() {
  {
    const std::scoped_lock lock(mu_);
    --running_;
    if (queue_.empty()) return;
  }
  wake_.notify_one();
}

void WorkerPool::Run() {
  WorkerContext context;
  std::unique_lock lock(mu_);
  while (true) {
    wake_.wait(lock, [this] { return stopping_ || (!queue_.empty() && running_ < workers_); });
    if (stopping_) return;
    Task task = std::move(queue_.front());
    queue_.pop_front();
    ++running_;
    lock.unlock();
    task(context);
    task = nullptr;  // What it holds may lock the pool again when it dies.
    lock.lock();
    --running_;
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
