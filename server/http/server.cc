#include "server/http/server.h"

#include <condition_variable>
#include <list>
#include <mutex>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/http/listener.h"
#include "server/http/loop_threads.h"
#include "server/http/responder.h"
#include "server/http/session.h"
#include "server/http/tls_cache.h"
#include "server/http/tls_stream.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using std::chrono::milliseconds;
using tcp = asio::ip::tcp;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// An IPv4 client of a socket for both families shows as itself, not as "::ffff:1.2.3.4".
std::string TextOf(const asio::ip::address& address) {
  if (!address.is_v6() || !address.to_v6().is_v4_mapped()) return address.to_string();
  return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
}

}  // namespace

// Members die in reverse: the threads first, then what their coroutines used.
struct HttpServer::Impl {
  Impl(HttpServerOptions o, const Router& router, storage::Registry& registry, Logger l)
      : options(std::move(o)), log(std::move(l)), metrics(registry), responder(options, router, metrics, log) {}

  asio::awaitable<void> Accept(tcp::acceptor& acceptor);
  asio::awaitable<void> Welcome(tcp::socket socket);
  asio::awaitable<std::shared_ptr<Stream>> Open(tcp::socket socket, std::shared_ptr<const WebSecurity>& security);
  void Enter(const std::shared_ptr<Session>& session);
  void Leave();
  std::vector<std::shared_ptr<Session>> Sessions();
  bool WaitUntilIdle(milliseconds patience);

  const HttpServerOptions options;
  const Logger log;
  ServerMetrics metrics;
  Responder responder;
  TlsCache tls;

  std::mutex mu;
  std::condition_variable left;
  std::list<std::weak_ptr<Session>> sessions;  // Guarded by mu. Dead ones are dropped at the next Enter.
  std::size_t connections = 0;                 // Guarded by mu.
  std::atomic<bool> stopping = false;          // Set under mu, so that Enter misses it never.

  std::unique_ptr<WorkerPool> workers;
  std::unique_ptr<LoopThreads> loop;
  std::vector<tcp::acceptor> acceptors;
  std::vector<std::uint16_t> ports;
};

HttpServer::HttpServer(HttpServerOptions options, const Router& router, storage::Registry& registry, Logger log)
    : impl_(std::make_unique<Impl>(std::move(options), router, registry, std::move(log))) {}

HttpServer::~HttpServer() { Stop(); }

std::uint16_t HttpServer::port(std::size_t i) const { return impl_->ports.at(i); }

storage::Status HttpServer::Start() {
  if (auto ok = impl_->responder.ok(); ok.has_error()) return ok;
  if (impl_->options.security) {
    const auto security = impl_->options.security();
    if (security.has_error()) return security.error();
    if ((*security)->tls.has_value()) {
      if (const auto tls = impl_->tls.Get(*(*security)->tls); tls.has_error()) return tls.error();
    }
  }
  auto loop = std::make_unique<LoopThreads>();
  std::vector<tcp::acceptor> acceptors;
  for (const std::string& address : impl_->options.listen) {
    auto acceptor = Listen(asio::make_strand(loop->executor()), address);
    if (acceptor.has_error()) return acceptor.error();
    impl_->ports.push_back(acceptor->local_endpoint().port());
    acceptors.push_back(*std::move(acceptor));
  }
  impl_->loop = std::move(loop);
  impl_->acceptors = std::move(acceptors);
  impl_->workers = std::make_unique<WorkerPool>(impl_->options.worker_threads, impl_->options.worker_queue);
  for (tcp::acceptor& acceptor : impl_->acceptors) {
    asio::co_spawn(acceptor.get_executor(), impl_->Accept(acceptor), asio::detached);
  }
  return {};
}

asio::awaitable<void> HttpServer::Impl::Accept(tcp::acceptor& acceptor) {
  constexpr milliseconds kPause{20};
  asio::steady_timer pause(acceptor.get_executor());
  bool waited = false;
  while (acceptor.is_open()) {
    bool full = false;
    {
      const std::scoped_lock lock(mu);
      if (stopping) co_return;
      full = connections >= options.max_connections;
      if (!full) ++connections;
    }
    if (full) {
      if (!waited) metrics.connections_limit.Add();
      waited = true;
      pause.expires_after(kPause);
      co_await pause.async_wait(kAsTuple);
      continue;
    }
    waited = false;
    auto [error, socket] = co_await acceptor.async_accept(asio::make_strand(loop->executor()), kAsTuple);
    if (!error) {
      metrics.connections.Add(1);
      const auto strand = socket.get_executor();
      asio::co_spawn(strand, Welcome(std::move(socket)), [this](const std::exception_ptr& failure) {
        metrics.connections.Add(-1);
        if (failure != nullptr) log.Error("HTTP session failed");
        Leave();
      });
      continue;
    }
    Leave();
    if (error == asio::error::operation_aborted) co_return;
    pause.expires_after(kPause);  // Out of file descriptors, mostly: give others time to close theirs.
    co_await pause.async_wait(kAsTuple);
  }
}

asio::awaitable<void> HttpServer::Impl::Welcome(tcp::socket socket) {
  error_code error;
  const tcp::endpoint peer = socket.remote_endpoint(error);
  if (error) co_return;  // Gone already.
  socket.set_option(tcp::no_delay(true), error);
  std::shared_ptr<const WebSecurity> security;
  const std::shared_ptr<Stream> stream = co_await Open(std::move(socket), security);
  if (stream == nullptr) co_return;
  const SessionDeps deps{options, responder, *workers, *loop, metrics, stopping};
  const auto session = std::make_shared<Session>(deps, stream, TextOf(peer.address()), std::move(security));
  Enter(session);
  co_await session->Run();
}

asio::awaitable<std::shared_ptr<Stream>> HttpServer::Impl::Open(tcp::socket socket,
                                                                std::shared_ptr<const WebSecurity>& security) {
  if (options.security) {
    auto current = options.security();
    if (current.has_error()) {
      log.Error("Web configuration cannot be used", {{"err", current.error()}});
      co_return nullptr;
    }
    security = *std::move(current);
  }
  if (security == nullptr || !security->tls.has_value()) co_return MakePlainStream(std::move(socket));
  auto context = tls.Get(*security->tls);
  if (context.has_error()) {
    log.Error("TLS configuration cannot be used", {{"err", context.error()}});
    co_return nullptr;
  }
  const auto deadline = IoClock::now() + milliseconds(options.header_timeout_ms);
  auto stream = co_await AcceptTls(std::move(socket), *std::move(context), deadline);
  if (stream.has_error()) {
    log.Debug("TLS handshake failed", {{"err", stream.error()}});
    co_return nullptr;
  }
  co_return *std::move(stream);
}

void HttpServer::Impl::Enter(const std::shared_ptr<Session>& session) {
  const std::scoped_lock lock(mu);
  sessions.remove_if([](const auto& weak) { return weak.expired(); });
  sessions.push_back(session);
  if (stopping) session->RequestStop();
}

void HttpServer::Impl::Leave() {
  const std::scoped_lock lock(mu);
  --connections;
  left.notify_all();
}

std::vector<std::shared_ptr<Session>> HttpServer::Impl::Sessions() {
  std::vector<std::shared_ptr<Session>> alive;
  const std::scoped_lock lock(mu);
  for (const auto& weak : sessions) {
    if (auto session = weak.lock()) alive.push_back(std::move(session));
  }
  return alive;
}

bool HttpServer::Impl::WaitUntilIdle(milliseconds patience) {
  std::unique_lock lock(mu);
  return left.wait_for(lock, patience, [this] { return connections == 0; });
}

void HttpServer::Stop() {
  Impl& impl = *impl_;
  if (impl.loop == nullptr) return;
  {
    const std::scoped_lock lock(impl.mu);
    impl.stopping = true;
  }
  for (tcp::acceptor& acceptor : impl.acceptors) {
    asio::post(acceptor.get_executor(), [&acceptor] {
      error_code ignored;
      acceptor.close(ignored);
    });
  }
  for (const auto& session : impl.Sessions()) session->RequestStop();
  if (!impl.WaitUntilIdle(milliseconds(impl.options.stop_grace_ms))) {
    constexpr milliseconds kLastWords{1'000};  // For answers of handlers that heed `gone`.
    for (const auto& session : impl.Sessions()) session->RequestGone();
    impl.WaitUntilIdle(kLastWords);
  }
  impl.loop->Stop();
  impl.workers->Stop();
  impl.acceptors.clear();
  impl.loop.reset();
}

}  // namespace vigia::server
