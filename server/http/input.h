// Bytes that came on a connection and were not used yet. Internal to the room.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/http/stream.h"

namespace vigia::server {

// While a handler computes, somebody must read from the socket to notice that the client has left; what it reads
// meanwhile (pipelined requests) is kept, up to a bound. All calls on the stream's executor.
class Input {
 public:
  explicit Input(std::shared_ptr<Stream> stream);

  std::string_view bytes() const { return std::string_view(state_->buffer).substr(state_->used); }
  void Consume(std::size_t count);

  // Waits for more bytes. False: none will come (end, error, timeout).
  boost::asio::awaitable<bool> Fill();

  // Reads ahead until Unwatch() and calls `on_close` once if the connection ends.
  void Watch(std::function<void()> on_close);
  void Unwatch();

 private:
  struct State {
    explicit State(std::shared_ptr<Stream> s);
    const std::shared_ptr<Stream> stream;
    boost::asio::steady_timer changed;  // Cancelled to wake Fill().
    std::string buffer;
    std::size_t used = 0;
    std::function<void()> on_close;
    bool watching = false;
    bool reading = false;  // A ReadAhead is under way.
    bool ended = false;
  };
  static boost::asio::awaitable<void> ReadAhead(std::shared_ptr<State> state);

  const std::shared_ptr<State> state_;  // Shared with ReadAhead.
};

}  // namespace vigia::server
