// Threads that run coroutines of the HTTP server and clients.
#pragma once

#include <memory>

#include <boost/asio/any_io_executor.hpp>

namespace vigia::server {

// An event loop on its own threads. Coroutines are started with asio::co_spawn on executor(); what shares state between
// coroutines wraps it into a strand. Handlers must not block. Thread-safe.
class IoThreads {
 public:
  explicit IoThreads(int threads);  // At least one is started.
  ~IoThreads();                     // Stop().
  IoThreads(const IoThreads&) = delete;
  IoThreads& operator=(const IoThreads&) = delete;

  boost::asio::any_io_executor executor() const;

  // Ends the loop at once and joins; what still waits is dropped with its coroutine frames. Not from one of the
  // threads.
  void Stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace vigia::server
