#include "server/scrape/loop.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <exception>
#include <functional>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/scrape/request.h"
#include "server/scrape/schedule.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using SteadyClock = std::chrono::steady_clock;
using storage::TimestampMs;

constexpr std::uint64_t kMaxExpectedBytes = 16 << 20;

double SecondsSince(SteadyClock::time_point start) {
  return std::chrono::duration<double>(SteadyClock::now() - start).count();
}

}  // namespace

void LoopCount::Add() {
  const std::lock_guard lock(mu_);
  ++running_;
}

void LoopCount::Remove() {
  const std::lock_guard lock(mu_);
  if (--running_ == 0) none_.notify_all();
}

void LoopCount::WaitForNone() {
  std::unique_lock lock(mu_);
  none_.wait(lock, [this] { return running_ == 0; });
}

struct ScrapeLoop::State {
  State(const ScrapeContext& shared, Target scraped, PoolSettingsPtr pool, std::shared_ptr<State> replaced)
      : context(shared),
        target(std::move(scraped)),
        interval_length(shared.metrics.IntervalLength(target.interval_ms)),
        strand(asio::make_strand(shared.executor)),
        timer(strand),
        settings(std::move(pool)),
        body(shared.storage, shared.metrics, shared.log.With({{"target", target.url}}), target.labels,
             target.timeout_ms, settings->config, shared.extras, target.histograms),
        predecessor(std::move(replaced)),
        discovered_labels(target.discovered_labels) {}

  asio::awaitable<void> Run();
  asio::awaitable<bool> SleepUntil(TimestampMs at_ms);
  asio::awaitable<void> Scrape(TimestampMs slot_ms);
  asio::awaitable<FetchedBody> Fetch();
  asio::awaitable<void> WriteEndMarkers(TimestampMs last_slot_ms);
  void TakeSettings();
  void TakeOver();
  void CountMetadata(std::size_t entries, std::size_t bytes);
  void Note(const ScrapeOutcome& outcome, TimestampMs at_ms, double seconds);

  // Set at construction.
  const ScrapeContext& context;
  const Target target;
  storage::Summary& interval_length;
  const asio::strand<asio::any_io_executor> strand;

  // Of the strand.
  asio::steady_timer timer;
  bool ending = false;  // End() was called: no further scrape.
  bool markers = false;
  bool killed = false;  // Shutdown: not even markers.
  std::stop_source stop_request;
  PoolSettingsPtr settings;
  ScrapeBody body;                     // Its metadata may be read from any thread.
  std::shared_ptr<State> predecessor;  // Until it has ended.
  bool has_stored = false;             // Something that may have to go stale.
  std::optional<SteadyClock::time_point> last_start;
  std::uint64_t last_wire_bytes = 0;  // Of the last answer's body.
  std::size_t metadata_entries = 0;   // As last told to the metrics.
  std::size_t metadata_bytes = 0;

  mutable std::mutex mu;  // Guards what follows.
  PoolSettingsPtr next_settings;
  std::optional<StoredSeries> left;  // Of a loop that has ended without markers.
  std::optional<std::string> forced_error;
  storage::Labels discovered_labels;
  TargetHealth health = TargetHealth::kUnknown;
  std::string last_error;
  TimestampMs last_scrape_ms = 0;
  double last_duration_seconds = 0;
};

// False: woken up early because the loop ends.
asio::awaitable<bool> ScrapeLoop::State::SleepUntil(TimestampMs at_ms) {
  if (killed) co_return false;
  timer.expires_after(std::chrono::milliseconds(std::max<TimestampMs>(0, at_ms - context.clock())));
  const auto [error] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !error && !killed;
}

asio::awaitable<void> ScrapeLoop::State::Run() {
  const auto phase_ms = SlotPhase(target.hash, settings->offset_seed, target.interval_ms);
  TimestampMs slot_ms = 0;
  while (!ending && !killed) {
    slot_ms = NextSlot(std::max(context.clock(), slot_ms), phase_ms, target.interval_ms);
    if (!co_await SleepUntil(slot_ms)) break;
    if (!ending) co_await Scrape(slot_ms);
  }
  CountMetadata(0, 0);
  TakeOver();
  if (killed) co_return;
  if (!markers) {
    const std::lock_guard lock(mu);
    left = body.HandOver();
  } else if (has_stored) {
    co_await WriteEndMarkers(slot_ms);
  }
}

// A predecessor that is still busy with its last scrape is asked again at the next one.
void ScrapeLoop::State::TakeOver() {
  if (predecessor == nullptr) return;
  std::optional<StoredSeries> stored;
  {
    const std::lock_guard lock(predecessor->mu);
    stored = std::exchange(predecessor->left, std::nullopt);
  }
  if (!stored) return;
  predecessor.reset();
  body.TakeOver(std::move(*stored));
  has_stored = true;
}

asio::awaitable<void> ScrapeLoop::State::Scrape(TimestampMs slot_ms) {
  TakeSettings();
  TakeOver();
  has_stored = true;
  const auto start = SteadyClock::now();
  if (last_start) {
    const double length = std::chrono::duration<double>(start - *last_start).count();
    interval_length.Observe(length);
  }
  last_start = start;
  const TimestampMs now_ms = context.clock();
  const TimestampMs at_ms = ScrapeTimestamp(now_ms, slot_ms, target.interval_ms, context.timestamp_tolerance_ms);
  const FetchedBody fetched = co_await Fetch();
  if (killed) co_return;
  const ScrapeOutcome outcome = body.Store(fetched, at_ms, now_ms, [&] { return SecondsSince(start); });
  const double seconds = SecondsSince(start);
  context.metrics.scrape_duration_seconds.Observe(seconds);
  if (fetched.body_limit_hit) context.metrics.exceeded_body_size_limit.Add();
  CountMetadata(body.metadata().size(), body.metadata().bytes());
  Note(outcome, at_ms, seconds);
}

void ScrapeLoop::State::CountMetadata(std::size_t entries, std::size_t bytes) {
  if (entries == metadata_entries && bytes == metadata_bytes) return;
  const auto more = [](std::size_t now, std::size_t before) {
    return static_cast<std::int64_t>(now) - static_cast<std::int64_t>(before);
  };
  context.metrics.AddMetadata(settings->config->job_name, more(entries, metadata_entries), more(bytes, metadata_bytes));
  metadata_entries = entries;
  metadata_bytes = bytes;
}

asio::awaitable<FetchedBody> ScrapeLoop::State::Fetch() {
  FetchedBody fetched;
  {
    const std::lock_guard lock(mu);
    if (forced_error) fetched.status = storage::Error{storage::Errc::kLimit, *forced_error};
  }
  if (!fetched.status) co_return fetched;
  const PoolSettingsPtr now = settings;  // Keeps the client for as long as the request runs.
  HttpRequest request = MakeScrapeRequest(*now->config, now->accept, target, stop_request.get_token());
  request.expected_body_bytes = std::min(last_wire_bytes + last_wire_bytes / 8, kMaxExpectedBytes);
  auto response = co_await now->client->Do(std::move(request));
  if (response) last_wire_bytes = response->wire_bytes;
  co_return ToFetchedBody(std::move(response));
}

// Nothing but a shutdown breaks this wait: End() does not cancel twice.
asio::awaitable<void> ScrapeLoop::State::WriteEndMarkers(TimestampMs last_slot_ms) {
  const TimestampMs stale_ms = last_slot_ms + target.interval_ms;
  if (!co_await SleepUntil(stale_ms + target.interval_ms + target.interval_ms / 10)) co_return;
  if (const auto status = body.StoreEnd(stale_ms); !status) {
    context.log.Warn("Stale commit failed", {{"target", target.url}, {"err", status.error()}});
  }
}

void ScrapeLoop::State::TakeSettings() {
  const std::lock_guard lock(mu);
  if (!next_settings) return;
  settings = std::exchange(next_settings, nullptr);
  body.SetConfig(settings->config);
}

void ScrapeLoop::State::Note(const ScrapeOutcome& outcome, TimestampMs at_ms, double seconds) {
  if (!outcome.status) {
    context.log.Debug("Scrape failed", {{"target", target.url}, {"err", outcome.status.error()}});
    if (settings->failure_log) {
      settings->failure_log->Error(outcome.status.error().what,
                                   {{"job_name", settings->config->job_name}, {"target", target.url}});
    }
  }
  const std::lock_guard lock(mu);
  health = outcome.status ? TargetHealth::kUp : TargetHealth::kDown;
  last_error = outcome.status ? std::string() : outcome.status.error().what;
  last_scrape_ms = at_ms;
  last_duration_seconds = seconds;
}

ScrapeLoop::ScrapeLoop(const ScrapeContext& context, Target target, PoolSettingsPtr settings,
                       const ScrapeLoop* replaced)
    : state_(std::make_shared<State>(context, std::move(target), std::move(settings),
                                     replaced == nullptr ? nullptr : replaced->state_)) {
  context.count.Add();
  // Lives in the coroutine's completion, so that it is there as long as the loop runs and gone before it is counted
  // out.
  const auto kill = [weak = std::weak_ptr(state_)] {
    const auto state = weak.lock();
    if (!state) return;
    asio::post(state->strand, [state] {
      state->killed = true;
      state->stop_request.request_stop();
      state->timer.cancel();
    });
  };
  auto on_shutdown = std::make_shared<std::stop_callback<std::function<void()>>>(context.shutdown, kill);
  auto done = [state = state_, &count = context.count, on_shutdown](std::exception_ptr failure) mutable {
    if (failure) state->context.log.Error("Scrape loop ended by an exception", {{"target", state->target.url}});
    on_shutdown.reset();
    state.reset();
    count.Remove();
  };
  asio::co_spawn(state_->strand, state_->Run(), std::move(done));
}

ScrapeLoop::~ScrapeLoop() { End(false); }

void ScrapeLoop::SetSettings(PoolSettingsPtr settings) {
  const std::lock_guard lock(state_->mu);
  state_->next_settings = std::move(settings);
}

void ScrapeLoop::SetForcedError(std::optional<std::string> error) {
  const std::lock_guard lock(state_->mu);
  state_->forced_error = std::move(error);
}

void ScrapeLoop::SetDiscoveredLabels(storage::Labels labels) {
  const std::lock_guard lock(state_->mu);
  state_->discovered_labels = std::move(labels);
}

void ScrapeLoop::End(bool markers) {
  asio::post(state_->strand, [state = state_, markers] {
    if (state->ending) return;
    state->ending = true;
    state->markers = markers;
    state->timer.cancel();
  });
}

ActiveTarget ScrapeLoop::snapshot() const {
  ActiveTarget out;
  out.labels = state_->target.labels;
  out.url = state_->target.url;
  out.interval_ms = state_->target.interval_ms;
  out.timeout_ms = state_->target.timeout_ms;
  const std::lock_guard lock(state_->mu);
  out.discovered_labels = state_->discovered_labels;
  out.last_error = state_->last_error;
  out.last_scrape_ms = state_->last_scrape_ms;
  out.last_duration_seconds = state_->last_duration_seconds;
  out.health = state_->health;
  return out;
}

const MetadataCache& ScrapeLoop::metadata() const { return state_->body.metadata(); }
const storage::Labels& ScrapeLoop::labels() const { return state_->target.labels; }
std::uint64_t ScrapeLoop::target_hash() const { return state_->target.hash; }
const std::string& ScrapeLoop::url() const { return state_->target.url; }

}  // namespace vigia::server
