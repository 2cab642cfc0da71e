// Errors of the operating system in the words that users of Go programs know. Internal to the room.
#pragma once

#include <string>

#include <boost/system/error_code.hpp>

namespace vigia::server {

// "connection refused", "no such host", "EOF", "i/o timeout", ...
std::string GoErrorText(const boost::system::error_code& error);

}  // namespace vigia::server
