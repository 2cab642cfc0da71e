#include "server/http/nested_tls_stream.h"

#include <string>

#include <boost/asio/error.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/bio.h>
#include <openssl/err.h>

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr std::size_t kChunk = 16 * 1024;

error_code SslError() {
  const unsigned long code = ERR_get_error();
  if (code == 0) return asio::ssl::error::stream_truncated;
  return {static_cast<int>(code), asio::error::get_ssl_category()};
}

}  // namespace

NestedTlsStream::NestedTlsStream(std::shared_ptr<Stream> under, std::shared_ptr<const TlsContext> tls)
    : Stream(under),
      under_(std::move(under)),
      tls_(std::move(tls)),
      ssl_(SSL_new(tls_->context().native_handle()), &SSL_free),
      in_(BIO_new(BIO_s_mem())),
      out_(BIO_new(BIO_s_mem())) {
  SSL_set_bio(ssl_.get(), in_, out_);
  SSL_set_mode(ssl_.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
}

int NestedTlsStream::Do(Call call, char* data, std::size_t size, std::size_t& bytes) {
  ERR_clear_error();
  switch (call) {
    case Call::kHandshake: return SSL_do_handshake(ssl_.get());
    case Call::kRead: return SSL_read_ex(ssl_.get(), data, size, &bytes);
    case Call::kWrite: return SSL_write_ex(ssl_.get(), data, size, &bytes);
  }
  return 0;
}

asio::awaitable<error_code> NestedTlsStream::Flush() {
  std::string sealed(BIO_ctrl_pending(out_), '\0');
  if (!sealed.empty()) {
    BIO_read(out_, sealed.data(), static_cast<int>(sealed.size()));
    const WriteBuffers buffers = {asio::buffer(sealed.data(), sealed.size())};
    co_return co_await under_->Write(buffers);
  }
  co_return error_code();
}

asio::awaitable<error_code> NestedTlsStream::Fill() {
  const auto chunk = std::make_unique_for_overwrite<char[]>(kChunk);
  const ReadOutcome outcome = co_await under_->Read({chunk.get(), kChunk});
  if (outcome.bytes == 0) co_return outcome.error;
  BIO_write(in_, chunk.get(), static_cast<int>(outcome.bytes));
  co_return error_code();
}

asio::awaitable<ReadOutcome> NestedTlsStream::Run(Call call, char* data, std::size_t size) {
  while (true) {
    std::size_t bytes = 0;
    const int result = Do(call, data, size, bytes);
    const int why = SSL_get_error(ssl_.get(), result);
    const error_code fault = why == SSL_ERROR_SSL || why == SSL_ERROR_SYSCALL ? SslError() : error_code();
    // Also after a failure: the peer is told by an alert.
    if (const error_code error = co_await Flush(); error && !fault) co_return ReadOutcome{error, 0};
    if (fault) co_return ReadOutcome{fault, 0};
    if (result > 0) co_return ReadOutcome{error_code(), bytes};
    if (why == SSL_ERROR_ZERO_RETURN) co_return ReadOutcome{asio::error::eof, 0};
    if (why != SSL_ERROR_WANT_READ) continue;
    if (const error_code error = co_await Fill()) co_return ReadOutcome{error, 0};
  }
}

asio::awaitable<ReadOutcome> NestedTlsStream::Read(std::span<char> buffer) {
  co_return co_await Run(Call::kRead, buffer.data(), buffer.size());
}

asio::awaitable<error_code> NestedTlsStream::Write(WriteBuffers buffers) {
  for (const asio::const_buffer& buffer : buffers) {
    auto* data = static_cast<char*>(const_cast<void*>(buffer.data()));
    std::size_t left = buffer.size();
    while (left > 0) {
      const ReadOutcome outcome = co_await Run(Call::kWrite, data, left);
      if (outcome.bytes == 0) co_return outcome.error;
      data += outcome.bytes;
      left -= outcome.bytes;
    }
  }
  co_return error_code();
}

asio::awaitable<void> NestedTlsStream::ShutdownSend() {
  SSL_shutdown(ssl_.get());
  co_await Flush();
}

asio::awaitable<error_code> NestedTlsStream::Handshake(asio::ssl::stream_base::handshake_type side) {
  if (side == asio::ssl::stream_base::client) {
    SSL_set_connect_state(ssl_.get());
  } else {
    SSL_set_accept_state(ssl_.get());
  }
  const ReadOutcome outcome = co_await Run(Call::kHandshake, nullptr, 0);
  co_return outcome.error;
}

}  // namespace vigia::server
