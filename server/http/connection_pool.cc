#include "server/http/connection_pool.h"

namespace vigia::server {

void ConnectionPool::DropOld(std::deque<Idle>& idle, IoClock::time_point now, std::deque<Idle>& dropped) {
  while (!idle.empty() && now - idle.front().since > limits_.idle_timeout) {
    dropped.push_back(std::move(idle.front()));
    idle.pop_front();
    --count_;
  }
}

std::shared_ptr<Stream> ConnectionPool::Take(const std::string& target) {
  std::deque<Idle> dropped;  // Dies after the lock: closing sockets takes system calls.
  const std::scoped_lock lock(mu_);
  const auto it = idle_.find(target);
  if (it == idle_.end()) return nullptr;
  DropOld(it->second, IoClock::now(), dropped);
  std::shared_ptr<Stream> stream;
  if (!it->second.empty()) {
    stream = std::move(it->second.back().stream);
    it->second.pop_back();
    --count_;
  }
  if (it->second.empty()) idle_.erase(it);
  return stream;
}

void ConnectionPool::Give(const std::string& target, std::shared_ptr<Stream> stream) {
  std::deque<Idle> dropped;
  const IoClock::time_point now = IoClock::now();
  const std::scoped_lock lock(mu_);
  if (count_ >= limits_.total) {
    // Full: look for connections to targets that are gone before refusing this one.
    for (auto it = idle_.begin(); it != idle_.end();) {
      DropOld(it->second, now, dropped);
      it = it->second.empty() ? idle_.erase(it) : std::next(it);
    }
  }
  if (count_ >= limits_.total) return;
  std::deque<Idle>& idle = idle_[target];
  DropOld(idle, now, dropped);
  if (idle.size() < limits_.per_target) {
    idle.push_back({std::move(stream), now});
    ++count_;
  }
  if (idle.empty()) idle_.erase(target);
}

void ConnectionPool::Clear() {
  std::map<std::string, std::deque<Idle>> dropped;
  const std::scoped_lock lock(mu_);
  dropped.swap(idle_);
  count_ = 0;
}

}  // namespace vigia::server
