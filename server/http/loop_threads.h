// The threads that run the server's event loop. Internal to the room.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>

namespace vigia::server {

// One thread runs the loop, another one is in reserve: what the first one does for long makes the other take the loop
// over. So a short piece of work is done where its connection lives, without waking anybody, and a long one holds up
// nobody for more than twice kLook. Thread-safe.
class LoopThreads {
 public:
  static constexpr std::chrono::milliseconds kLook{1};

  LoopThreads();
  ~LoopThreads();  // Stop().
  LoopThreads(const LoopThreads&) = delete;
  LoopThreads& operator=(const LoopThreads&) = delete;

  boost::asio::any_io_executor executor() const;

  // Does `work`, which may compute and block, on the calling thread. When it takes long, `on_long` is called meanwhile
  // on the thread that takes over. REQUIRES: called from a task that was posted to executor(), outside of any strand,
  // and by one thread at a time.
  void Do(const std::function<void()>& work, std::function<void()> on_long);

  // Ends the loop at once, waits for Do() and joins; what still waits is dropped with its coroutine frames. Not from
  // one of the threads. Idempotent.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia::server
