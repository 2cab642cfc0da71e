#include "server/http/stream.h"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <sys/socket.h>

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

// What is left of `buffers` after the first `count` bytes.
WriteBuffers Rest(WriteBuffers buffers, std::size_t count) {
  for (asio::const_buffer& buffer : buffers) {
    const std::size_t skipped = std::min(count, buffer.size());
    buffer += skipped;
    count -= skipped;
  }
  return buffers;
}

class PlainStream : public Stream {
 public:
  explicit PlainStream(asio::ip::tcp::socket s) : Stream(std::move(s)) {
    error_code ignored;
    socket().non_blocking(true, ignored);  // Else the first try of Write() would block.
  }

  asio::awaitable<ReadOutcome> Read(std::span<char> buffer) override {
    const auto [error, bytes] = co_await socket().async_read_some(asio::buffer(buffer.data(), buffer.size()), kAsTuple);
    co_return ReadOutcome{error, bytes};
  }

  asio::awaitable<error_code> Write(WriteBuffers buffers) override {
    // Most answers fit into the socket's buffer: no need to go through the event loop.
    error_code tried;
    const std::size_t written = socket().write_some(buffers, tried);
    if (tried && tried != asio::error::would_block && tried != asio::error::try_again) co_return tried;
    if (written == asio::buffer_size(buffers)) co_return error_code();
    const auto [error, bytes] = co_await asio::async_write(socket(), Rest(buffers, written), kAsTuple);
    co_return error;
  }

  asio::awaitable<void> ShutdownSend() override {
    error_code ignored;
    socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    co_return;
  }
};

}  // namespace

Stream::Stream(asio::ip::tcp::socket socket) : core_(std::make_shared<Core>(std::move(socket))) {}

Stream::~Stream() = default;

void Stream::ExpiresAt(IoClock::time_point deadline) {
  core_->deadline = deadline;
  if (deadline == IoClock::time_point::max()) return;
  if (!core_->armed || deadline < core_->timer.expiry()) Core::Arm(core_);
}

// One pending wait serves many deadlines: when it ends early, it is set again for the rest.
void Stream::Core::Arm(const std::shared_ptr<Core>& core) {
  core->armed = true;
  core->timer.expires_at(core->deadline);
  core->timer.async_wait([weak = std::weak_ptr(core)](const error_code& error) {
    const std::shared_ptr<Core> self = weak.lock();
    if (self == nullptr || error) return;
    self->armed = false;
    if (self->deadline == IoClock::time_point::max()) return;
    if (self->deadline > IoClock::now()) return Arm(self);
    self->timed_out = true;
    self->Close();
  });
}

void Stream::Core::Close() {
  error_code ignored;
  socket.close(ignored);
}

bool Stream::IsQuiet() {
  if (!core_->socket.is_open()) return false;
  char byte;
  const ssize_t got = recv(core_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
}

StopCloser::StopCloser(const std::stop_token& stop, const std::shared_ptr<Stream>& stream)
    : callback_(stop, Close{stream, stream->executor()}) {}

void StopCloser::Close::operator()() const {
  asio::post(executor, [weak = stream] {
    if (const std::shared_ptr<Stream> alive = weak.lock()) alive->Close();
  });
}

std::unique_ptr<Stream> MakePlainStream(asio::ip::tcp::socket socket) {
  return std::make_unique<PlainStream>(std::move(socket));
}

}  // namespace vigia::server
