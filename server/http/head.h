// First lines of a response. Internal to the room.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "server/http/responder.h"

namespace vigia::server {

struct Framing {
  bool keep_alive = false;
  bool chunked = false;
  std::optional<std::uint64_t> length;  // None and not chunked: the body ends with the connection.
  RawRequest::Version version = RawRequest::Version::kHttp11;
};

// Status line and headers with the empty line behind them. CR, LF and NUL in header values become blanks.
std::string FormatHead(const Answer& answer, const Framing& framing, const std::string& server_header);

// "Sun, 06 Nov 1994 08:49:37 GMT".
std::string FormatHttpDate(std::int64_t unix_seconds);

}  // namespace vigia::server
