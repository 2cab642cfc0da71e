#include "server/http/error_text.h"

#include <boost/asio/error.hpp>

#include "server/http/text.h"

namespace vigia::server {

std::string GoErrorText(const boost::system::error_code& error) {
  namespace asio_error = boost::asio::error;
  if (error == asio_error::eof) return "EOF";
  if (error == asio_error::host_not_found || error == asio_error::no_data) return "no such host";
  if (error == asio_error::host_not_found_try_again) return "server misbehaving";
  if (error == asio_error::operation_aborted) return "use of closed network connection";
  std::string text = error.message();  // The C library's words; Go's are the same in lower case.
  if (!text.empty()) text.front() = LowerAscii(text.front());
  return text;
}

}  // namespace vigia::server
