// Idle connections of a client. Internal to the room.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <string>

#include "server/http/stream.h"

namespace vigia::server {

// Thread-safe. A stream is handed out to one user at a time and comes back when its answer was read to the end.
class ConnectionPool {
 public:
  struct Limits {
    std::size_t per_target;
    std::size_t total;
    std::chrono::milliseconds idle_timeout;
  };
  explicit ConnectionPool(Limits limits) : limits_(limits) {}

  // The most recently used one of `target` that is not too old; null: none.
  std::shared_ptr<Stream> Take(const std::string& target);
  // Kept unless a limit is reached; then it is closed.
  void Give(const std::string& target, std::shared_ptr<Stream> stream);
  void Clear();

 private:
  struct Idle {
    std::shared_ptr<Stream> stream;
    IoClock::time_point since;
  };
  void DropOld(std::deque<Idle>& idle, IoClock::time_point now, std::deque<Idle>& dropped);

  const Limits limits_;
  std::mutex mu_;
  std::map<std::string, std::deque<Idle>> idle_;  // Guarded by mu_. Oldest first.
  std::size_t count_ = 0;                         // Guarded by mu_.
};

}  // namespace vigia::server
