// A connection as bytes in order, plain or encrypted, with a deadline. Internal to the room.
#pragma once

#include <array>
#include <chrono>
#include <memory>
#include <span>
#include <stop_token>
#include <string>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/system/error_code.hpp>

namespace vigia::server {

using IoClock = std::chrono::steady_clock;
using WriteBuffers = std::array<boost::asio::const_buffer, 3>;

struct ReadOutcome {
  boost::system::error_code error;  // asio::error::eof at the end.
  std::size_t bytes = 0;
};

// All calls on the socket's executor, a strand. At most one Read and one Write at a time.
class Stream {
 public:
  explicit Stream(boost::asio::ip::tcp::socket socket);
  virtual ~Stream();
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  virtual boost::asio::awaitable<ReadOutcome> Read(std::span<char> buffer) = 0;  // At least one byte, or an error.
  virtual boost::asio::awaitable<boost::system::error_code> Write(
      WriteBuffers buffers) = 0;                            // All of them, or an error.
  virtual boost::asio::awaitable<void> ShutdownSend() = 0;  // Tells the peer that nothing follows.
  virtual bool encrypted() const { return false; }

  // When the time comes, the connection is closed under whatever waits on it.
  void ExpiresAt(IoClock::time_point deadline);
  void ExpiresAfter(std::chrono::milliseconds delay) { ExpiresAt(IoClock::now() + delay); }
  void ExpiresNever() { ExpiresAt(IoClock::time_point::max()); }
  bool timed_out() const { return core_->timed_out; }

  void Close() { core_->Close(); }
  // Whether the peer has neither closed nor sent anything: a kept connection may be used again.
  bool IsQuiet();

  boost::asio::ip::tcp::socket& socket() { return core_->socket; }
  boost::asio::any_io_executor executor() { return core_->socket.get_executor(); }

 protected:
  // On the same socket, with the same deadline.
  explicit Stream(const std::shared_ptr<Stream>& under) : core_(under->core_) {}

 private:
  struct Core {
    explicit Core(boost::asio::ip::tcp::socket s) : socket(std::move(s)), timer(socket.get_executor()) {}
    void Close();
    static void Arm(const std::shared_ptr<Core>& core);

    boost::asio::ip::tcp::socket socket;
    boost::asio::steady_timer timer;
    IoClock::time_point deadline = IoClock::time_point::max();
    bool armed = false;
    bool timed_out = false;
  };
  const std::shared_ptr<Core> core_;  // Shared with the timer's callback, which may run after the stream is gone.
};

// Closes a stream when a stop is requested, from any thread; its waiting operations end with an error.
class StopCloser {
 public:
  StopCloser(const std::stop_token& stop, const std::shared_ptr<Stream>& stream);

 private:
  struct Close {
    std::weak_ptr<Stream> stream;
    boost::asio::any_io_executor executor;
    void operator()() const;
  };
  std::stop_callback<Close> callback_;
};

std::unique_ptr<Stream> MakePlainStream(boost::asio::ip::tcp::socket socket);

}  // namespace vigia::server
