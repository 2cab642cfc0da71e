// The lanes of one queue, and what is on its way to them.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <stop_token>
#include <vector>

#include "server/sender/shard.h"

namespace vigia::server {

// For one thread, the queue's dispatcher.
class Shards {
 public:
  // The deps outlive this.
  Shards(const DeliveryDeps& deps, std::size_t count);
  ~Shards();

  // To be pushed with the others of its lane. Counted as pending until it is delivered.
  void Add(Outgoing item);
  // Hands over what was added. Waits for lanes that are full until the time is over; meanwhile `go_on` is asked now and
  // then, and may Resize(). False: it is not to go on or the time is over, and something is still here.
  bool Push(std::chrono::steady_clock::time_point until, const std::function<bool()>& go_on);
  // As many as are worth handing over at once were added.
  bool worth_pushing() const { return added_ >= kPortion; }
  // Forgets what was added and not handed over.
  void DropAdded();

  // Another number of lanes, once the requests under way have been answered. Order within a series is kept.
  void Resize(std::size_t count);
  std::size_t size() const { return shards_.size(); }

  // From now on everything is sent without waiting for more.
  void Hurry();
  bool idle() const;
  bool failing() const;
  bool has_room() const;  // Half of each lane is free.

  // Ends all lanes at once. What was not delivered stays here until the end of this object.
  void Stop();

 private:
  static constexpr std::size_t kPortion = 512;
  std::size_t LaneOf(const Outgoing& item) const { return item.series->hash % shards_.size(); }
  void Put(Outgoing item);
  void Start(std::size_t count);
  std::vector<std::deque<Outgoing>> End(Shard::End end);

  const DeliveryDeps& deps_;
  std::vector<std::unique_ptr<Shard>> shards_;
  std::vector<std::vector<Outgoing>> portions_;  // One for each lane.
  std::size_t added_ = 0;
  bool hurry_ = false;
  std::vector<std::deque<Outgoing>> rest_;  // After Stop().

  std::mutex room_mu_;
  std::condition_variable room_;
};

}  // namespace vigia::server
