// One request and its answer on an open connection. Internal to the room.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "server/http/client.h"
#include "server/http/stream.h"

namespace vigia::server {

struct ExchangeLimits {
  std::uint64_t max_body_bytes = 0;  // 0: none.
  std::size_t max_header_bytes = 0;
  std::size_t expected_body_bytes = 0;  // See HttpRequest.
  IoClock::time_point deadline;
  const std::function<storage::Status(std::string_view)>* sink = nullptr;  // HttpRequest::on_body.
};

struct ExchangeOutcome {
  storage::Result<HttpResponse> response;  // Not yet decoded.
  bool reusable = false;                   // The connection may carry another request.
  bool unanswered = false;                 // It ended before the first byte of an answer.
};

enum class AnswerKind { kNormal, kBodyless };  // kBodyless: to HEAD and CONNECT.

// Runs on the stream's executor. Whatever `head` and `body` view must live until the end.
boost::asio::awaitable<ExchangeOutcome> Exchange(std::shared_ptr<Stream> stream, std::string_view head,
                                                 std::string_view body, AnswerKind kind, ExchangeLimits limits,
                                                 std::stop_token stop);

}  // namespace vigia::server
