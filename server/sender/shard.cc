#include "server/sender/shard.h"

#include <algorithm>

namespace vigia::server {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

Shard::Shard(const DeliveryDeps& deps, std::function<void()> on_room)
    : deps_(deps), on_room_(std::move(on_room)), delivery_(deps), thread_([this] { Run(); }) {}

Shard::~Shard() {
  RequestEnd(End::kNow);
  if (thread_.joinable()) thread_.join();
}

bool Shard::TryPush(std::vector<Outgoing>& portion) {
  {
    const std::lock_guard lock(mu_);
    if (queue_.size() >= static_cast<std::size_t>(deps_.config.queue.capacity)) return false;
    if (queue_.empty()) oldest_since_ = steady_clock::now();
    std::move(portion.begin(), portion.end(), std::back_inserter(queue_));
  }
  portion.clear();
  wake_.notify_one();
  return true;
}

void Shard::Hurry() {
  {
    const std::lock_guard lock(mu_);
    hurry_ = true;
  }
  wake_.notify_one();
}

bool Shard::idle() const {
  const std::lock_guard lock(mu_);
  return queue_.empty() && !sending_;
}

bool Shard::failing() const { return delivery_.failing(); }

std::size_t Shard::waiting() const {
  const std::lock_guard lock(mu_);
  return queue_.size();
}

void Shard::RequestEnd(End end) {
  leave_.request_stop();
  if (end == End::kNow) stop_.request_stop();
}

std::deque<Outgoing> Shard::TakeRest() {
  thread_.join();
  const std::lock_guard lock(mu_);
  return std::move(queue_);
}

// Waits until a request is full, its oldest sample has waited long enough, or somebody is in a hurry.
bool Shard::Next(std::vector<Outgoing>& batch) {
  const auto full = static_cast<std::size_t>(deps_.config.queue.max_samples_per_send);
  const std::stop_token leave = leave_.get_token();
  std::unique_lock lock(mu_);
  wake_.wait(lock, leave, [&] { return !queue_.empty(); });
  const auto deadline = oldest_since_ + milliseconds(deps_.config.queue.batch_send_deadline_ms);
  wake_.wait_until(lock, leave, deadline, [&] { return queue_.size() >= full || hurry_; });
  if (leave.stop_requested()) return false;
  const std::size_t count = std::min(full, queue_.size());
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(count);
  std::move(queue_.begin(), end, std::back_inserter(batch));
  queue_.erase(queue_.begin(), end);
  // What stays waits for others from now on; it has not been here for long, or the queue would be full.
  oldest_since_ = steady_clock::now();
  sending_ = true;
  return true;
}

void Shard::Run() {
  std::vector<Outgoing> batch;
  while (Next(batch)) {
    const bool done = delivery_.Deliver(batch, leave_.get_token(), stop_.get_token());
    if (done) batch.clear();  // Before anybody can see that the shard is idle.
    {
      const std::lock_guard lock(mu_);
      sending_ = false;
      if (!done) queue_.insert(queue_.begin(), batch.begin(), batch.end());
    }
    batch.clear();
    if (!done) return;
    on_room_();
  }
}

}  // namespace vigia::server
