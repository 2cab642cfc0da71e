#include "server/sender/shards.h"

#include <algorithm>

namespace vigia::server {

Shards::Shards(const DeliveryDeps& deps, std::size_t count) : deps_(deps) { Start(count); }

Shards::~Shards() = default;

void Shards::Start(std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    shards_.push_back(std::make_unique<Shard>(deps_, [this] { room_.notify_all(); }));
    if (hurry_) shards_.back()->Hurry();
  }
  portions_.resize(count);
}

void Shards::Add(Outgoing item) {
  KindOf(deps_.metrics, item).pending.Add(1);
  Put(std::move(item));
}

void Shards::Put(Outgoing item) {
  portions_[LaneOf(item)].push_back(std::move(item));
  ++added_;
}

bool Shards::Push(std::chrono::steady_clock::time_point until, const std::function<bool()>& go_on) {
  constexpr std::chrono::milliseconds kPause{100};
  for (bool first = true;; first = false) {
    added_ = 0;
    for (std::size_t i = 0; i < portions_.size(); ++i) {
      if (!portions_[i].empty() && !shards_[i]->TryPush(portions_[i])) added_ += portions_[i].size();
    }
    if (added_ == 0) return true;
    if (first) deps_.metrics.enqueue_retries.Add();
    if (!go_on() || std::chrono::steady_clock::now() >= until) return false;
    {
      // Room that comes right before the wait is seen after the pause at the latest.
      std::unique_lock lock(room_mu_);
      room_.wait_for(lock, kPause);
    }
  }
}

void Shards::DropAdded() {
  for (auto& portion : portions_) {
    for (const Outgoing& item : portion) KindOf(deps_.metrics, item).pending.Add(-1);
    portion.clear();
  }
  added_ = 0;
}

void Shards::Resize(std::size_t count) {
  std::vector<std::deque<Outgoing>> waiting = End(Shard::End::kLeave);
  std::vector<std::vector<Outgoing>> added = std::move(portions_);
  portions_.clear();
  Start(count);
  // A lane takes any number at once while it is below its capacity; what waited before comes first.
  for (auto& queue : waiting) {
    for (Outgoing& item : queue) Put(std::move(item));
  }
  for (auto& portion : added) {
    for (Outgoing& item : portion) Put(std::move(item));
  }
  for (std::size_t i = 0; i < portions_.size(); ++i) {
    if (!portions_[i].empty()) static_cast<void>(shards_[i]->TryPush(portions_[i]));
  }
  added_ = 0;
}

std::vector<std::deque<Outgoing>> Shards::End(Shard::End end) {
  for (auto& shard : shards_) shard->RequestEnd(end);
  std::vector<std::deque<Outgoing>> rest;
  rest.reserve(shards_.size());
  for (auto& shard : shards_) rest.push_back(shard->TakeRest());
  shards_.clear();
  return rest;
}

void Shards::Hurry() {
  hurry_ = true;
  for (auto& shard : shards_) shard->Hurry();
}

bool Shards::idle() const {
  return std::all_of(shards_.begin(), shards_.end(), [](const auto& shard) { return shard->idle(); });
}

bool Shards::failing() const {
  return std::any_of(shards_.begin(), shards_.end(), [](const auto& shard) { return shard->failing(); });
}

bool Shards::has_room() const {
  const auto half = static_cast<std::size_t>(deps_.config.queue.capacity / 2);
  return std::all_of(shards_.begin(), shards_.end(), [&](const auto& shard) { return shard->waiting() <= half; });
}

void Shards::Stop() { rest_ = End(Shard::End::kNow); }

}  // namespace vigia::server
