#include "server/http/input.h"

#include <array>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace vigia::server {
namespace {

namespace asio = boost::asio;

constexpr std::size_t kReadSize = 16 * 1024;
constexpr std::size_t kAheadLimit = 64 * 1024;
constexpr std::size_t kAheadReadSize = 2 * 1024;

}  // namespace

Input::State::State(std::shared_ptr<Stream> s) : stream(std::move(s)), changed(stream->executor()) {}

Input::Input(std::shared_ptr<Stream> stream) : state_(std::make_shared<State>(std::move(stream))) {}

void Input::Consume(std::size_t count) {
  state_->used += count;
  if (state_->used == state_->buffer.size()) {
    state_->buffer.clear();
    state_->used = 0;
  }
}

asio::awaitable<bool> Input::Fill() {
  const std::shared_ptr<State> state = state_;
  if (state->reading) {
    const std::size_t before = state->buffer.size();
    while (state->reading && state->buffer.size() == before) {
      state->changed.expires_at(IoClock::time_point::max());
      co_await state->changed.async_wait(asio::as_tuple(asio::use_awaitable));
    }
    if (state->buffer.size() != before) co_return true;
  }
  if (state->ended) co_return false;
  if (state->used > 0) {
    state->buffer.erase(0, state->used);
    state->used = 0;
  }
  std::vector<char> chunk(kReadSize);
  const ReadOutcome outcome = co_await state->stream->Read(chunk);
  state->buffer.append(chunk.data(), outcome.bytes);
  state->ended = outcome.error.failed();
  co_return outcome.bytes > 0;
}

void Input::Watch(std::function<void()> on_close) {
  state_->watching = true;
  state_->on_close = std::move(on_close);
  if (state_->ended) {
    state_->on_close();
    return;
  }
  if (state_->reading) return;
  state_->reading = true;
  asio::co_spawn(state_->stream->executor(), ReadAhead(state_), asio::detached);
}

void Input::Unwatch() {
  state_->watching = false;
  state_->on_close = nullptr;
}

asio::awaitable<void> Input::ReadAhead(std::shared_ptr<State> state) {
  std::array<char, kAheadReadSize> chunk;
  do {
    const ReadOutcome outcome = co_await state->stream->Read(chunk);
    state->buffer.append(chunk.data(), outcome.bytes);
    state->ended = outcome.error.failed();
    if (state->ended && state->on_close) state->on_close();
    state->changed.cancel();
  } while (state->watching && !state->ended && state->buffer.size() < kAheadLimit);
  state->reading = false;
  state->changed.cancel();
}

}  // namespace vigia::server
