#include "server/http/client_exchange.h"

#include <memory>
#include <optional>

#include <boost/asio/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <fmt/format.h>

#include "server/http/body.h"
#include "server/http/error_text.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using storage::Errc;
using storage::Error;

using Parser = http::response_parser<GrowingBody>;

constexpr std::size_t kReadSize = 64 * 1024;
constexpr std::size_t kMaxRefusalBytes = 1 << 20;  // Of an answer that is not the one to take in pieces.

// Reads one answer, and those with a 1xx status before it.
class AnswerReader {
 public:
  AnswerReader(Stream& stream, AnswerKind kind, const ExchangeLimits& limits)
      : stream_(stream), kind_(kind), limits_(limits), chunk_(std::make_unique_for_overwrite<char[]>(kReadSize)) {
    Restart();
  }

  // An error in Go's words, or nothing.
  asio::awaitable<std::optional<Error>> Read() {
    while (true) {
      if (parser_->is_done()) {
        const unsigned status = parser_->get().result_int();
        if (status >= 200 || status == 101) co_return std::nullopt;
        Restart();
        if (std::optional<Error> error = ParsePending()) co_return error;
        continue;
      }
      const ReadOutcome outcome = co_await stream_.Read({chunk_.get(), kReadSize});
      if (outcome.bytes > 0) {
        started_ = true;
        if (std::optional<Error> error = Accept({chunk_.get(), outcome.bytes})) co_return error;
        if (std::optional<Error> error = PassOn()) co_return error;
        continue;
      }
      if (outcome.error != asio::error::eof) co_return Error{Errc::kIo, "read tcp: " + GoErrorText(outcome.error)};
      error_code error;
      if (started_) parser_->put_eof(error);
      if (!started_) co_return Error{Errc::kIo, "EOF"};
      if (error || !parser_->is_done()) co_return Error{Errc::kIo, "unexpected EOF"};
      co_return std::nullopt;
    }
  }

  bool started() const { return started_; }
  bool reusable() const {
    return parser_->is_done() && parser_->keep_alive() && pending_.empty() && !parser_->need_eof();
  }

  HttpResponse Take() {
    auto& message = parser_->get();
    HttpResponse response;
    response.status = static_cast<int>(message.result_int());
    response.reason = std::string(message.reason());
    for (const auto& field : message) {
      response.headers.Add(std::string(field.name_string()), std::string(field.value()));
    }
    response.body = std::move(message.body());
    response.wire_bytes = response.body.size();
    return response;
  }

 private:
  void Restart() {
    parser_.emplace();
    parser_->eager(true);
    parser_->skip(kind_ == AnswerKind::kBodyless);
    parser_->header_limit(static_cast<std::uint32_t>(limits_.max_header_bytes));
    if (limits_.max_body_bytes == 0 || limits_.sink != nullptr) {
      parser_->body_limit(boost::none);
    } else {
      parser_->body_limit(limits_.max_body_bytes);
    }
    parser_->get().body().reserve(limits_.expected_body_bytes);
  }

  // Gives what came of the body to who takes it in pieces. What an answer other than 200 says is kept, up to a limit.
  std::optional<Error> PassOn() {
    if (limits_.sink == nullptr || !parser_->is_header_done()) return std::nullopt;
    std::string& body = parser_->get().body();
    if (parser_->get().result_int() != 200) {
      if (body.size() <= kMaxRefusalBytes) return std::nullopt;
      return Error{Errc::kLimit, "body size limit exceeded"};
    }
    if (body.empty()) return std::nullopt;
    const storage::Status status = (*limits_.sink)(body);
    body.clear();
    if (status.has_error()) return status.error();
    return std::nullopt;
  }

  // Bytes that just came: mostly they are parsed where they are.
  std::optional<Error> Accept(std::string_view bytes) {
    if (!pending_.empty()) {
      pending_ += bytes;
      return ParsePending();
    }
    std::size_t used = 0;
    std::optional<Error> error = Parse(bytes, used);
    pending_ = bytes.substr(used);
    return error;
  }

  std::optional<Error> ParsePending() {
    std::size_t used = 0;
    std::optional<Error> error = Parse(pending_, used);
    pending_.erase(0, used);
    return error;
  }

  std::optional<Error> Parse(std::string_view bytes, std::size_t& used) {
    error_code error;
    while (!parser_->is_done() && used < bytes.size() && !error) {
      const std::size_t step = parser_->put(asio::buffer(bytes.data() + used, bytes.size() - used), error);
      used += step;
      if (step == 0) break;
    }
    if (!error || error == http::error::need_more) return std::nullopt;
    if (error == http::error::body_limit) return Error{Errc::kLimit, "body size limit exceeded"};
    if (error == http::error::header_limit) {
      return Error{Errc::kLimit, fmt::format("net/http: server response headers exceeded {} bytes; aborted",
                                             limits_.max_header_bytes)};
    }
    return Error{Errc::kIo,
                 "net/http: HTTP/1.x transport connection broken: malformed HTTP response: " + error.message()};
  }

  Stream& stream_;
  const AnswerKind kind_;
  const ExchangeLimits& limits_;
  const std::unique_ptr<char[]> chunk_;
  std::string pending_;  // Came, but does not make a whole line yet or belongs to the next answer.
  std::optional<Parser> parser_;
  bool started_ = false;
};

}  // namespace

asio::awaitable<ExchangeOutcome> Exchange(std::shared_ptr<Stream> stream, std::string_view head, std::string_view body,
                                          AnswerKind kind, ExchangeLimits limits, std::stop_token stop) {
  const StopCloser closer(stop, stream);
  stream->ExpiresAt(limits.deadline);
  const WriteBuffers buffers = {asio::buffer(head.data(), head.size()), asio::buffer(body.data(), body.size())};
  const error_code write_error = co_await stream->Write(buffers);
  AnswerReader reader(*stream, kind, limits);
  // A server that refuses a large body answers before it has read all of it: look for the answer after a failed write,
  // too.
  std::optional<Error> error = co_await reader.Read();
  if (!error.has_value()) {
    stream->ExpiresNever();
    co_return ExchangeOutcome{reader.Take(), reader.reusable() && !write_error, false};
  }
  stream->Close();
  const bool unanswered = !reader.started() && !stream->timed_out() && error->code == Errc::kIo;
  if (write_error && unanswered) error = Error{Errc::kIo, "write tcp: " + GoErrorText(write_error)};
  if (stream->timed_out()) error = Error{Errc::kTimeout, "context deadline exceeded"};
  if (stop.stop_requested()) error = Error{Errc::kCancelled, "context canceled"};
  co_return ExchangeOutcome{*std::move(error), false, unanswered};
}

}  // namespace vigia::server
