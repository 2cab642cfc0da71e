// Encrypted connections. The only face of OpenSSL's streams within the room: they are slow to compile.
#pragma once

#include <memory>
#include <string>

#include "server/http/client_options.h"
#include "server/http/stream.h"
#include "server/http/web_security.h"
#include "storage/model/error.h"

namespace vigia::server {

// Keys and rules for many connections. Immutable, thread-safe.
class TlsContext;

storage::Result<std::shared_ptr<const TlsContext>> MakeClientTls(const TlsOptions& options);
storage::Result<std::shared_ptr<const TlsContext>> MakeServerTls(const TlsServerOptions& options);

// Shakes hands over a plain stream, or over an encrypted one whose other end passes bytes on; nobody else may use it
// afterwards. The stream's deadline is `deadline` afterwards, too. `host` is what the certificate must be made out for.
// Errors are worded like Go's ("tls: failed to verify certificate: x509: ...").
boost::asio::awaitable<storage::Result<std::shared_ptr<Stream>>> ConnectTls(std::shared_ptr<Stream> under,
                                                                            std::shared_ptr<const TlsContext> tls,
                                                                            std::string host,
                                                                            IoClock::time_point deadline,
                                                                            std::stop_token stop);
boost::asio::awaitable<storage::Result<std::shared_ptr<Stream>>> AcceptTls(boost::asio::ip::tcp::socket socket,
                                                                           std::shared_ptr<const TlsContext> tls,
                                                                           IoClock::time_point deadline);

}  // namespace vigia::server
