// TLS inside of another stream's TLS, as to a target behind a proxy that is itself encrypted. Internal to the room;
// included by its TLS files only.
#pragma once

#include <memory>

#include <boost/asio/ssl/stream_base.hpp>
#include <openssl/ssl.h>

#include "server/http/stream.h"
#include "server/http/tls_context.h"

namespace vigia::server {

// Unlike others, one Read or Write at a time: each may do the other below, and requests and answers take turns.
class NestedTlsStream final : public Stream {
 public:
  NestedTlsStream(std::shared_ptr<Stream> under, std::shared_ptr<const TlsContext> tls);

  boost::asio::awaitable<ReadOutcome> Read(std::span<char> buffer) override;
  boost::asio::awaitable<boost::system::error_code> Write(WriteBuffers buffers) override;
  boost::asio::awaitable<void> ShutdownSend() override;
  bool encrypted() const override { return true; }

  boost::asio::awaitable<boost::system::error_code> Handshake(boost::asio::ssl::stream_base::handshake_type side);
  SSL* native() { return ssl_.get(); }

 private:
  enum class Call { kHandshake, kRead, kWrite };

  int Do(Call call, char* data, std::size_t size, std::size_t& bytes);
  boost::asio::awaitable<ReadOutcome> Run(Call call, char* data, std::size_t size);
  boost::asio::awaitable<boost::system::error_code> Flush();
  boost::asio::awaitable<boost::system::error_code> Fill();

  const std::shared_ptr<Stream> under_;
  const std::shared_ptr<const TlsContext> tls_;
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl_;
  BIO* const in_;   // Came over `under_`. Owned by ssl_, as is the next one.
  BIO* const out_;  // Is to go there.
};

}  // namespace vigia::server
