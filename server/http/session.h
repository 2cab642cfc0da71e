// One client's connection: requests in, answers out. Internal to the room.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "server/http/input.h"
#include "server/http/loop_threads.h"
#include "server/http/responder.h"
#include "server/http/stream.h"
#include "server/http/worker_pool.h"

namespace vigia::server {

// What all sessions of a server share.
struct SessionDeps {
  const HttpServerOptions& options;
  Responder& responder;
  WorkerPool& workers;
  LoopThreads& loop;  // The stream's.
  ServerMetrics& metrics;
  const std::atomic<bool>& stopping;  // Once set, an answer is a connection's last.
};

// Runs on the stream's strand; RequestStop and RequestGone come from any thread.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(SessionDeps deps, std::shared_ptr<Stream> stream, std::string client_ip,
          std::shared_ptr<const WebSecurity> security);

  boost::asio::awaitable<void> Run();

  // Closes now if no request is running, else after its answer. REQUIRES: SessionDeps::stopping is set.
  void RequestStop();
  // Tells the running handler that nobody waits for it.
  void RequestGone();

 private:
  enum class ReadResult { kRequest, kClosed, kRefuse };

  boost::asio::awaitable<ReadResult> ReadRequest(RawRequest& request, int& refuse_status);
  boost::asio::awaitable<bool> Serve(RawRequest request);  // Whether the connection may go on.
  boost::asio::awaitable<bool> SendStream(Answer& answer, bool chunked, std::uint64_t& sent);
  boost::asio::awaitable<bool> Send(std::string_view first, std::string_view second = {}, std::string_view third = {});
  boost::asio::awaitable<void> RefuseAndDrain(int status);
  // Runs `work` on a worker thread, or on this one in the place of a worker; false: refused, nothing ran.
  boost::asio::awaitable<bool> OnWorker(WorkerPool::Admission admission, WorkerPool::Task work);
  // The same once it is known where.
  boost::asio::awaitable<void> StandIn(WorkerPool::Task work);
  boost::asio::awaitable<bool> Delegate(WorkerPool::Admission admission, WorkerPool::Task work);
  // Requests gone_ when the client leaves while its request is served.
  void WatchClient();

  const SessionDeps deps_;
  const std::shared_ptr<Stream> stream_;
  const std::string client_ip_;
  const std::shared_ptr<const WebSecurity> security_;
  Input input_;
  std::stop_source gone_{std::nostopstate};  // Of the running request.
  std::uint64_t requests_ = 0;               // Served, with the running one.
  bool busy_ = false;
};

}  // namespace vigia::server
