#include "server/http/unix_dialer.h"

#include <memory>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <sys/un.h>

#include "server/http/error_text.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;
using storage::Errc;
using storage::Error;
using storage::Result;
using Local = asio::local::stream_protocol;
using tcp = asio::ip::tcp;

// Shared with the callbacks of the timer and of the stop, which may run later than the connection is there.
struct Attempt {
  explicit Attempt(const asio::any_io_executor& executor) : socket(executor), timer(executor) {}
  void Close() {
    error_code ignored;
    socket.close(ignored);
  }
  Local::socket socket;
  asio::steady_timer timer;
  bool timed_out = false;
};

}  // namespace

asio::awaitable<Result<tcp::socket>> DialUnix(std::string path, IoClock::time_point deadline, std::stop_token stop) {
  if (path.size() >= sizeof(sockaddr_un{}.sun_path))
    co_return Error{Errc::kInvalid, "dial unix " + path + ": too long"};
  const asio::any_io_executor executor = co_await asio::this_coro::executor;
  const auto attempt = std::make_shared<Attempt>(executor);
  attempt->timer.expires_at(deadline);
  attempt->timer.async_wait([attempt](const error_code& error) {
    if (error) return;
    attempt->timed_out = true;
    attempt->Close();
  });
  const std::stop_callback on_stop(stop,
                                   [attempt, executor] { asio::post(executor, [attempt] { attempt->Close(); }); });
  const auto [error] =
      co_await attempt->socket.async_connect(Local::endpoint(path), asio::as_tuple(asio::use_awaitable));
  attempt->timer.cancel();
  if (stop.stop_requested()) co_return Error{Errc::kCancelled, "context canceled"};
  if (attempt->timed_out) co_return Error{Errc::kTimeout, "context deadline exceeded"};
  if (error) co_return Error{Errc::kIo, "dial unix " + path + ": connect: " + GoErrorText(error)};
  error_code failed;
  const int descriptor = attempt->socket.release(failed);
  tcp::socket socket(executor);
  if (!failed) socket.assign(tcp::v4(), descriptor, failed);
  if (failed) co_return Error{Errc::kIo, "dial unix " + path + ": " + GoErrorText(failed)};
  co_return std::move(socket);
}

}  // namespace vigia::server
