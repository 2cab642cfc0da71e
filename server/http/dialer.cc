#include "server/http/dialer.h"

#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/http/error_text.h"
#include "server/http/host_port.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using storage::Errc;
using storage::Error;
using storage::Result;
using tcp = asio::ip::tcp;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

Error CancelledError() { return {Errc::kCancelled, "context canceled"}; }

Error DeadlineError() { return {Errc::kTimeout, "context deadline exceeded"}; }

// What a name lookup leaves behind. Shared with its callback, which may come long after nobody waits any more: the
// system's resolver cannot be interrupted.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor), waiting(executor) {}
  tcp::resolver resolver;
  asio::steady_timer waiting;
  bool done = false;
  error_code error;
  std::vector<tcp::endpoint> endpoints;
};

asio::awaitable<Result<std::vector<tcp::endpoint>>> Resolve(std::string host, std::uint16_t port,
                                                            IoClock::time_point deadline, const std::stop_token& stop) {
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) co_return std::vector<tcp::endpoint>{tcp::endpoint(address, port)};

  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto lookup = std::make_shared<Lookup>(executor);
  lookup->waiting.expires_at(deadline);
  auto finish = [lookup](const error_code& error, const tcp::resolver::results_type& results) {
    lookup->done = true;
    lookup->error = error;
    for (const auto& entry : results) lookup->endpoints.push_back(entry.endpoint());
    lookup->waiting.cancel();
  };
  lookup->resolver.async_resolve(host, std::to_string(port), asio::bind_executor(executor, std::move(finish)));
  auto wake = [lookup, executor] { asio::post(executor, [lookup] { lookup->waiting.cancel(); }); };
  const std::stop_callback on_stop(stop, std::move(wake));
  co_await lookup->waiting.async_wait(kAsTuple);
  if (stop.stop_requested()) co_return CancelledError();
  if (!lookup->done) co_return DeadlineError();
  if (lookup->error) {
    co_return Error{Errc::kIo, "dial tcp: lookup " + host + ": " + GoErrorText(lookup->error)};
  }
  co_return std::move(lookup->endpoints);
}

}  // namespace

asio::awaitable<Result<tcp::socket>> Dial(std::string host, std::uint16_t port, IoClock::time_point deadline,
                                          std::stop_token stop) {
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  auto endpoints = co_await Resolve(host, port, deadline, stop);
  if (endpoints.has_error()) co_return endpoints.error();
  Error last{Errc::kIo, "dial tcp: lookup " + host + ": no such host"};
  for (std::size_t i = 0; i < endpoints->size(); ++i) {
    const tcp::endpoint endpoint = (*endpoints)[i];
    // An address that swallows packets must leave time for the next one.
    const IoClock::time_point now = IoClock::now();
    if (now >= deadline) co_return DeadlineError();
    const auto share = now + (deadline - now) / static_cast<std::int64_t>(endpoints->size() - i);
    const std::shared_ptr<Stream> stream = MakePlainStream(tcp::socket(executor));  // For its deadline.
    const StopCloser closer(stop, stream);
    stream->ExpiresAt(share);
    const auto [error] = co_await stream->socket().async_connect(endpoint, kAsTuple);
    if (!error) {
      error_code ignored;
      stream->socket().set_option(tcp::no_delay(true), ignored);
      co_return std::move(stream->socket());
    }
    if (stop.stop_requested()) co_return CancelledError();
    if (stream->timed_out()) {
      last = DeadlineError();
    } else {
      last = {Errc::kIo, "dial tcp " + JoinHostPort(endpoint.address().to_string(), endpoint.port()) +
                             ": connect: " + GoErrorText(error)};
    }
  }
  co_return last;
}

}  // namespace vigia::server
