#include "server/http/tls_stream.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "server/http/error_text.h"
#include "server/http/nested_tls_stream.h"
#include "server/http/tls_context.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
namespace ssl = asio::ssl;
using boost::system::error_code;
using storage::Errc;
using storage::Error;
using storage::Result;

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

class TlsStream : public Stream {
 public:
  TlsStream(asio::ip::tcp::socket socket, std::shared_ptr<const TlsContext> tls)
      : Stream(std::move(socket)), tls_(std::move(tls)), ssl_(this->socket(), tls_->context()) {}

  asio::awaitable<ReadOutcome> Read(std::span<char> buffer) override {
    auto [error, bytes] = co_await ssl_.async_read_some(asio::buffer(buffer.data(), buffer.size()), kAsTuple);
    co_return ReadOutcome{error, bytes};
  }

  asio::awaitable<error_code> Write(WriteBuffers buffers) override {
    const auto [error, bytes] = co_await asio::async_write(ssl_, buffers, kAsTuple);
    co_return error;
  }

  asio::awaitable<void> ShutdownSend() override { co_await ssl_.async_shutdown(kAsTuple); }
  bool encrypted() const override { return true; }

  asio::awaitable<error_code> Handshake(ssl::stream_base::handshake_type side) {
    const auto [error] = co_await ssl_.async_handshake(side, kAsTuple);
    co_return error;
  }

  SSL* native() { return ssl_.native_handle(); }

 private:
  const std::shared_ptr<const TlsContext> tls_;
  ssl::stream<asio::ip::tcp::socket&> ssl_;
};

std::string VerifyErrorText(long result, const std::string& host) {
  const std::string prefix = "tls: failed to verify certificate: x509: ";
  switch (result) {
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: return prefix + "certificate signed by unknown authority";
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID: return prefix + "certificate has expired or is not yet valid";
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
    case X509_V_ERR_HOSTNAME_MISMATCH: return prefix + "certificate is not valid for " + host;
  }
  return prefix + X509_verify_cert_error_string(result);
}

template <class Encrypted>
Error HandshakeError(Encrypted& stream, const error_code& error, const std::string& host) {
  if (stream.timed_out()) return {Errc::kTimeout, "context deadline exceeded"};
  if (const long result = SSL_get_verify_result(stream.native()); result != X509_V_OK) {
    return {Errc::kIo, VerifyErrorText(result, host)};
  }
  if (error.category() == asio::error::get_ssl_category()) {
    const int reason = ERR_GET_REASON(static_cast<unsigned long>(error.value()));
    if (reason == SSL_R_WRONG_VERSION_NUMBER || reason == SSL_R_HTTP_REQUEST) {
      return {Errc::kIo, "http: server gave HTTP response to HTTPS client"};
    }
    return {Errc::kIo, "tls: " + error.message()};
  }
  return {Errc::kIo, GoErrorText(error)};
}

bool IsPlainHttp(const error_code& error) {
  return error.category() == asio::error::get_ssl_category() &&
         ERR_GET_REASON(static_cast<unsigned long>(error.value())) == SSL_R_HTTP_REQUEST;
}

// What Go's server answers to it, unencrypted.
constexpr std::string_view kNotHttps =
    "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n";

bool IsAddress(const std::string& host) {
  error_code error;
  asio::ip::make_address(host, error);
  return !error;
}

void ExpectHost(SSL* native, const std::string& host) {
  if (IsAddress(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(native), host.c_str());
  } else {
    SSL_ctrl(native, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, const_cast<char*>(host.c_str()));
    SSL_set1_host(native, host.c_str());
  }
}

template <class Encrypted>
asio::awaitable<Result<std::shared_ptr<Stream>>> ShakeHands(std::shared_ptr<Encrypted> stream, std::string host,
                                                            IoClock::time_point deadline, std::stop_token stop) {
  const StopCloser closer(stop, stream);
  stream->ExpiresAt(deadline);
  ExpectHost(stream->native(), host);
  const error_code error = co_await stream->Handshake(ssl::stream_base::client);
  if (stop.stop_requested()) co_return Error{Errc::kCancelled, "context canceled"};
  if (error) co_return HandshakeError(*stream, error, host);
  co_return std::shared_ptr<Stream>(stream);
}

}  // namespace

asio::awaitable<Result<std::shared_ptr<Stream>>> ConnectTls(std::shared_ptr<Stream> under,
                                                            std::shared_ptr<const TlsContext> tls, std::string host,
                                                            IoClock::time_point deadline, std::stop_token stop) {
  if (!tls->server_name().empty()) host = tls->server_name();
  if (under->encrypted()) {
    const auto stream = std::make_shared<NestedTlsStream>(std::move(under), std::move(tls));
    co_return co_await ShakeHands(stream, std::move(host), deadline, std::move(stop));
  }
  const auto stream = std::make_shared<TlsStream>(std::move(under->socket()), std::move(tls));
  co_return co_await ShakeHands(stream, std::move(host), deadline, std::move(stop));
}

asio::awaitable<Result<std::shared_ptr<Stream>>> AcceptTls(asio::ip::tcp::socket socket,
                                                           std::shared_ptr<const TlsContext> tls,
                                                           IoClock::time_point deadline) {
  const auto stream = std::make_shared<TlsStream>(std::move(socket), tls);
  stream->ExpiresAt(deadline);
  const error_code error = co_await stream->Handshake(ssl::stream_base::server);
  if (IsPlainHttp(error)) {
    co_await asio::async_write(stream->socket(), asio::buffer(kNotHttps), kAsTuple);
    error_code ignored;  // The client may be gone; the connection ends either way.
    stream->socket().shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
    co_return Error{Errc::kIo, "client sent an HTTP request to an HTTPS server"};
  }
  if (error) co_return HandshakeError(*stream, error, "");
  if (!tls->AllowsPeer(stream->native())) {
    co_return Error{Errc::kIo, "tls: no allowed subject alternative name in the client's certificate"};
  }
  co_return std::shared_ptr<Stream>(stream);
}

}  // namespace vigia::server
