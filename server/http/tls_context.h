// OpenSSL's context as the room uses it. Internal to the room; included by its TLS files only.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/ssl/context.hpp>

#include "server/http/tls_stream.h"

namespace vigia::server {

class TlsContext {
 public:
  TlsContext(boost::asio::ssl::context context, std::string server_name, std::vector<std::string> allowed_sans)
      : context_(std::move(context)), server_name_(std::move(server_name)), allowed_sans_(std::move(allowed_sans)) {}

  // OpenSSL counts references in it, so it cannot be const; making streams from it is thread-safe.
  boost::asio::ssl::context& context() const { return context_; }
  const std::string& server_name() const { return server_name_; }

  // Whether one of the peer certificate's alternative names is allowed; always, if no list was given.
  bool AllowsPeer(SSL* connection) const;

 private:
  mutable boost::asio::ssl::context context_;
  const std::string server_name_;
  const std::vector<std::string> allowed_sans_;
};

}  // namespace vigia::server
