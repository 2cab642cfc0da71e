// One lane of a queue: samples of the same series go through the same one, one request after the other.
#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

#include "server/sender/delivery.h"
#include "server/sender/outgoing.h"

namespace vigia::server {

// Thread-safe.
class Shard {
 public:
  // `on_room` is called when there is room again, or nothing left. The deps outlive the shard; sends begin at once.
  Shard(const DeliveryDeps& deps, std::function<void()> on_room);
  ~Shard();  // Stop().

  // Takes all of `portion`, which is empty then. False: as many samples as the capacity wait already.
  bool TryPush(std::vector<Outgoing>& portion);

  // What is here is sent without waiting for more.
  void Hurry();
  bool idle() const;     // Nothing waits or is being sent.
  bool failing() const;  // The remote did not take the last request.
  std::size_t waiting() const;

  // Ends the thread: after the running request has been answered (kLeave), or at once (kNow). Returns what was not
  // delivered, in order. Call once.
  enum class End { kLeave, kNow };
  void RequestEnd(End end);
  std::deque<Outgoing> TakeRest();  // Joins; after RequestEnd().

 private:
  void Run();
  bool Next(std::vector<Outgoing>& batch);

  const DeliveryDeps& deps_;
  const std::function<void()> on_room_;
  Delivery delivery_;
  std::stop_source leave_;
  std::stop_source stop_;

  mutable std::mutex mu_;
  std::condition_variable_any wake_;
  std::deque<Outgoing> queue_;                               // Guarded by mu_, as are the next ones.
  std::chrono::steady_clock::time_point oldest_since_ = {};  // When the queue was last empty, or last taken from.
  bool sending_ = false;
  bool hurry_ = false;

  std::thread thread_;  // Last: it uses the others.
};

}  // namespace vigia::server
