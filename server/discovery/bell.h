// Wakes a coroutine that waits for something to change. Internal to the room.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace vigia::server {

// One coroutine waits, any thread rings.
class Bell {
 public:
  // The strand of the coroutine that waits.
  explicit Bell(boost::asio::any_io_executor strand);

  // Ends the wait that is going on, or the next one if there is none.
  static void Ring(const std::shared_ptr<Bell>& bell);
  boost::asio::awaitable<void> Wait();

 private:
  const boost::asio::any_io_executor strand_;
  boost::asio::steady_timer timer_;
  std::atomic<bool> rung_ = false;
};

// How long to wait between two updates: longer each time while changes do not end, for each update makes all targets
// anew. Thread-compatible.
class Pacer {
 public:
  // After an update was made; the pause until the next.
  void Tick();
  std::int64_t pause_ms() const { return pause_ms_; }

 private:
  static constexpr std::int64_t kShortestMs = 20;
  static constexpr std::int64_t kLongestMs = 5'000;
  std::optional<std::chrono::steady_clock::time_point> last_;
  std::int64_t pause_ms_ = kShortestMs;
};

}  // namespace vigia::server
