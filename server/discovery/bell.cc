#include "server/discovery/bell.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace vigia::server {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;

Bell::Bell(asio::any_io_executor strand) : strand_(std::move(strand)), timer_(strand_) {}

void Bell::Ring(const std::shared_ptr<Bell>& bell) {
  if (bell->rung_.exchange(true)) return;
  asio::post(bell->strand_, [bell] { bell->timer_.cancel(); });
}

asio::awaitable<void> Bell::Wait() {
  while (!rung_.exchange(false)) {
    timer_.expires_at(SteadyClock::time_point::max());
    co_await timer_.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

void Pacer::Tick() {
  const auto now = SteadyClock::now();
  const bool busy = last_.has_value() && now - *last_ < std::chrono::milliseconds(pause_ms_ + kLongestMs);
  pause_ms_ = busy ? std::min(2 * pause_ms_, kLongestMs) : kShortestMs;
  last_ = now;
}

}  // namespace vigia::server
