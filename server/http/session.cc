#include "server/http/session.h"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/http/parser.hpp>

#include "server/http/body.h"
#include "server/http/head.h"
#include "server/http/text.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using std::chrono::milliseconds;

using Parser = http::request_parser<GrowingBody>;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kLastChunk = "0\r\n\r\n";

asio::const_buffer BufferOf(std::string_view text) { return asio::const_buffer(text.data(), text.size()); }

int StatusOf(const error_code& error) {
  if (error == http::error::body_limit) return 413;
  if (error == http::error::header_limit) return 431;
  if (error == http::error::bad_version) return 505;
  return 400;
}

RawRequest TakeRequest(Parser& parser, const std::string& client_ip) {
  auto& message = parser.get();
  RawRequest request;
  request.method = std::string(message.method_string());
  request.target = std::string(message.target());
  for (const auto& field : message) {
    request.headers.Add(std::string(field.name_string()), std::string(field.value()));
  }
  request.body = std::move(message.body());
  request.client_ip = client_ip;
  request.version = message.version() == 11 ? RawRequest::Version::kHttp11 : RawRequest::Version::kHttp10;
  request.keep_alive = parser.keep_alive();
  return request;
}

}  // namespace

Session::Session(SessionDeps deps, std::shared_ptr<Stream> stream, std::string client_ip,
                 std::shared_ptr<const WebSecurity> security)
    : deps_(deps),
      stream_(std::move(stream)),
      client_ip_(std::move(client_ip)),
      security_(std::move(security)),
      input_(stream_) {}

void Session::RequestStop() {
  asio::post(stream_->executor(), [self = shared_from_this()] {
    if (!self->busy_) self->stream_->Close();
  });
}

void Session::RequestGone() {
  asio::post(stream_->executor(), [self = shared_from_this()] { self->gone_.request_stop(); });
}

asio::awaitable<void> Session::Run() {
  for (bool open = true; open && !deps_.stopping;) {
    RawRequest request;
    int refuse_status = 0;
    const ReadResult read = co_await ReadRequest(request, refuse_status);
    if (read == ReadResult::kClosed) break;
    if (read == ReadResult::kRefuse) {
      co_await RefuseAndDrain(refuse_status);
      break;
    }
    busy_ = true;
    open = co_await Serve(std::move(request));
    busy_ = false;
  }
  input_.Unwatch();
  stream_->ExpiresAfter(milliseconds(1'000));
  co_await stream_->ShutdownSend();
  stream_->Close();
}

asio::awaitable<Session::ReadResult> Session::ReadRequest(RawRequest& request, int& refuse_status) {
  Parser parser;
  parser.eager(true);
  parser.header_limit(static_cast<std::uint32_t>(deps_.options.max_header_bytes));
  parser.body_limit(deps_.options.max_body_bytes);
  bool started = false;
  bool header_done = false;
  stream_->ExpiresAfter(milliseconds(deps_.options.read_timeout_ms));
  while (!parser.is_done()) {
    std::size_t used = 0;
    const bool first_bytes = !started && !input_.bytes().empty();
    if (const std::string_view bytes = input_.bytes(); !bytes.empty()) {
      started = true;
      error_code error;
      used = parser.put(BufferOf(bytes), error);
      input_.Consume(used);
      if (error && error != http::error::need_more) {
        refuse_status = StatusOf(error);
        co_return ReadResult::kRefuse;
      }
    }
    if (first_bytes && !parser.is_header_done()) {  // Most come in one piece and need no shorter deadline.
      stream_->ExpiresAfter(milliseconds(deps_.options.header_timeout_ms));
    }
    if (!header_done && parser.is_header_done()) {
      header_done = true;
      stream_->ExpiresAfter(milliseconds(deps_.options.read_timeout_ms));
      if (!parser.is_done() && EqualsIgnoringCase(parser.get()[http::field::expect], "100-continue")) {
        if (!co_await Send(kContinue)) co_return ReadResult::kClosed;
      }
    }
    if (parser.is_done() || (used > 0 && !input_.bytes().empty())) continue;
    if (!co_await input_.Fill()) co_return ReadResult::kClosed;  // The end, a fault, or too slow.
  }
  request = TakeRequest(parser, client_ip_);
  if (request.version == RawRequest::Version::kHttp11 && !request.headers.Has("Host")) {
    refuse_status = 400;
    co_return ReadResult::kRefuse;
  }
  co_return ReadResult::kRequest;
}

asio::awaitable<bool> Session::OnWorker(WorkerPool::Admission admission, WorkerPool::Task work) {
  if (!deps_.workers.TryStandIn(this)) {
    WatchClient();
    co_return co_await Delegate(admission, std::move(work));
  }
  co_await StandIn(std::move(work));
  co_return true;
}

asio::awaitable<void> Session::StandIn(WorkerPool::Task work) {
  auto initiate = [this, &work](auto handler) {
    const auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    const auto executor = asio::get_associated_executor(*resume);
    // Not on the strand: it has to notice meanwhile that the client leaves.
    asio::post(deps_.loop.executor(), [this, self = shared_from_this(), resume, executor, work = std::move(work)] {
      const auto on_long = [this, self, executor, request = requests_] {
        asio::post(executor, [this, self, request] {
          if (busy_ && requests_ == request) WatchClient();
        });
      };
      deps_.loop.Do([&] { work(deps_.workers.stand_in_context()); }, on_long);
      deps_.workers.EndStandIn();
      asio::dispatch(executor, [resume] { std::move (*resume)(); });
    });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), asio::use_awaitable);
}

asio::awaitable<bool> Session::Delegate(WorkerPool::Admission admission, WorkerPool::Task work) {
  bool admitted = true;
  auto initiate = [this, admission, &admitted, &work](auto handler) {
    // std::function copies, so the handler, which does not, goes behind a pointer. When the task is dropped unrun at a
    // stop, the handler takes the waiting coroutine with it.
    const auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    const auto executor = asio::get_associated_executor(*resume);
    WorkerPool::Task task = [resume, executor, work = std::move(work)](WorkerContext& context) {
      work(context);
      asio::post(executor, [resume] { std::move (*resume)(); });
    };
    admitted = deps_.workers.Submit(std::move(task), admission);
    if (!admitted) asio::post(executor, [resume] { std::move (*resume)(); });
  };
  co_await asio::async_initiate<const asio::use_awaitable_t<>, void()>(std::move(initiate), asio::use_awaitable);
  co_return admitted;
}

void Session::WatchClient() {
  input_.Watch([gone = gone_]() mutable { gone.request_stop(); });
}

asio::awaitable<bool> Session::Serve(RawRequest request) {
  const auto began = IoClock::now();
  gone_ = std::stop_source();
  ++requests_;
  stream_->ExpiresNever();

  const RawRequest::Version version = request.version;
  const bool http11 = version == RawRequest::Version::kHttp11;
  bool keep_alive = request.keep_alive;
  Answer answer;
  WorkerPool::Task work = [this, &answer, &request](WorkerContext& worker) {
    answer = deps_.responder.Respond(std::move(request), gone_.get_token(), security_.get(), worker);
  };
  if (!co_await OnWorker(WorkerPool::Admission::kNew, std::move(work))) {
    deps_.metrics.worker_queue_full.Add();
    answer = deps_.responder.Refuse(503);
  }
  keep_alive = keep_alive && !deps_.stopping;

  const bool bodyless = answer.status == 204 || answer.status == 304 || answer.status < 200;
  Framing framing{.keep_alive = keep_alive, .chunked = false, .length = std::nullopt, .version = version};
  if (answer.source != nullptr && !bodyless) {
    framing.chunked = http11;
    framing.keep_alive = keep_alive = keep_alive && http11;
  } else if (!bodyless) {
    framing.length = answer.body.size();
  }
  const std::string head = FormatHead(answer, framing, deps_.options.server_header);
  const bool send_body = !bodyless && !answer.head_only;
  std::uint64_t sent = 0;
  bool ok = true;
  if (send_body && answer.source == nullptr) {
    sent = answer.body.size();
    ok = co_await Send(head, answer.body);
  } else {
    ok = co_await Send(head);
    if (ok && send_body) ok = co_await SendStream(answer, framing.chunked, sent);
  }
  if (!ok) gone_.request_stop();
  input_.Unwatch();
  if (answer.metrics != nullptr) {
    const std::chrono::duration<double> took = IoClock::now() - began;
    answer.metrics->Observe(answer.status, took.count(), static_cast<double>(sent));
  }
  co_return ok&& keep_alive;
}

asio::awaitable<bool> Session::SendStream(Answer& answer, bool chunked, std::uint64_t& sent) {
  constexpr milliseconds kAskAgain{250};
  WatchClient();
  std::string piece;  // Its memory serves for all.
  while (true) {
    piece.clear();
    PieceState state = PieceState::kMore;
    WorkerPool::Task work = [this, &answer, &piece, &state](WorkerContext&) {
      state = deps_.responder.NextPiece(answer, piece);
    };
    const bool ran = co_await OnWorker(WorkerPool::Admission::kStarted, std::move(work));
    if (!ran || state == PieceState::kFailed || gone_.stop_requested()) co_return false;
    if (!piece.empty()) {
      sent += piece.size();
      const std::string size = chunked ? fmt::format("{:x}\r\n", piece.size()) : std::string();
      const std::string_view end = chunked ? "\r\n" : "";
      if (!co_await Send(size, piece, end)) co_return false;
    }
    if (state == PieceState::kEnd) break;
    if (state == PieceState::kNothingYet) {
      asio::steady_timer pause(stream_->executor(), kAskAgain);
      co_await pause.async_wait(asio::as_tuple(asio::use_awaitable));
    }
  }
  if (!chunked) co_return true;
  co_return co_await Send(kLastChunk);
}

asio::awaitable<bool> Session::Send(std::string_view first, std::string_view second, std::string_view third) {
  const WriteBuffers buffers = {BufferOf(first), BufferOf(second), BufferOf(third)};
  stream_->ExpiresAfter(milliseconds(deps_.options.write_timeout_ms));
  const error_code error = co_await stream_->Write(buffers);
  stream_->ExpiresNever();
  co_return !error;
}

asio::awaitable<void> Session::RefuseAndDrain(int status) {
  (status == 413 ? deps_.metrics.body_limit : deps_.metrics.bad_requests).Add();
  const Answer answer = deps_.responder.Refuse(status);
  const Framing framing{
      .keep_alive = false, .chunked = false, .length = answer.body.size(), .version = RawRequest::Version::kHttp11};
  const std::string head = FormatHead(answer, framing, deps_.options.server_header);
  if (!co_await Send(head, answer.body)) co_return;
  co_await stream_->ShutdownSend();
  // Closing with unread bytes in the socket would reset the connection, and the client might never see the answer.
  stream_->ExpiresAfter(milliseconds(1'000));
  do {
    input_.Consume(input_.bytes().size());
  } while (co_await input_.Fill());
}

}  // namespace vigia::server
