#include "server/sender/queue.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "server/remote/snappy_block.h"

namespace vigia::server {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr storage::DurationMs kTickMs = 1'000;
constexpr milliseconds kStall{10'000};              // That long storage is held while nothing moves.
constexpr storage::DurationMs kFutureMs = 600'000;  // Samples may lie so far ahead of the clock.

// In memory, of all shards together and in front of them: what a burst may bring.
std::size_t InboxSamples(const config::QueueConfig& queue) {
  constexpr std::int64_t kLeast = 100'000;
  constexpr std::int64_t kMost = 500'000;
  return static_cast<std::size_t>(std::clamp(queue.capacity * queue.max_shards, kLeast, kMost));
}

bool SleepUnlessStopped(storage::DurationMs pause, const std::stop_token& stop) {
  std::mutex mu;
  std::condition_variable_any never;
  std::unique_lock lock(mu);
  never.wait_for(lock, stop, milliseconds(pause), [] { return false; });
  return !stop.stop_requested();
}

}  // namespace

RemoteQueue::RemoteQueue(config::RemoteWriteConfig config, storage::Labels external_labels,
                         std::shared_ptr<RemoteTransport> transport, std::shared_ptr<QueueMetrics> metrics,
                         QueueDeps deps)
    : config_(std::move(config)),
      external_labels_(std::move(external_labels)),
      transport_(std::move(transport)),
      deps_(std::move(deps)),
      log_(deps_.log.With({{"remote_name", metrics->remote_name()}, {"url", metrics->url()}})),
      shared_metrics_(std::move(metrics)),
      metrics_(*shared_metrics_),
      inbox_(InboxSamples(config_.queue), times_),
      delivery_{config_, *transport_, metrics_, deps_.clock, log_, SleepUnlessStopped},
      names_(deps_.labels_of, external_labels_, config_.write_relabel_configs, metrics_.label_flushes),
      shards_(delivery_, static_cast<std::size_t>(config_.queue.min_shards)),
      shard_count_(config_.queue.min_shards, config_.queue.max_shards),
      catch_up_({deps_.storage, times_, inbox_, names_, metrics_, log_,
                 [this](Outgoing item) { return TakeRecovered(std::move(item)); },
                 [this] {
                   while (GoOn() && SleepUnlessStopped(kTickMs / 4, stop_.get_token())) {
                     if (shards_.has_room()) return true;
                   }
                   return false;
                 },
                 [this] {
                   const auto limit = config_.queue.sample_age_limit_ms;
                   return limit == 0 ? storage::kMinTimestampMs : deps_.clock() - limit;
                 }}) {}

RemoteQueue::~RemoteQueue() {
  if (dispatcher_.joinable()) Stop(0);
}

storage::Status RemoteQueue::Start(const std::string& position_path) {
  if (auto status = position_.Open(position_path); status.has_error()) {
    if (status.error().code != storage::Errc::kCorruption) return status;
    // A power failure may leave that behind. A server that does not start would be worse.
    log_.Error("Where the remote was left is not known, sending begins now", {{"err", status.error()}});
  }
  metrics_.shards_min.Set(static_cast<double>(config_.queue.min_shards));
  metrics_.shards_max.Set(static_cast<double>(config_.queue.max_shards));
  metrics_.shard_capacity.Set(static_cast<double>(config_.queue.capacity));
  metrics_.max_samples_per_send.Set(static_cast<double>(config_.queue.max_samples_per_send));
  metrics_.shards.Set(static_cast<double>(shards_.size()));
  for (KindMetrics* kind : {&metrics_.samples, &metrics_.histograms, &metrics_.exemplars}) kind->pending.Set(0);
  const storage::TimestampMs resume = position_.value();
  if (resume != storage::kMaxTimestampMs) {
    log_.Info("Going on with what was not sent", {{"since_ms", resume}});
    inbox_.AddGap(resume, deps_.clock() + kFutureMs);
  }
  // Commits that came before the file was open.
  position_.Lower(times_.oldest());
  dispatcher_ = std::thread([this] { Run(stop_.get_token()); });
  if (config_.metadata.send && config_.message == config::RemoteWriteMessage::kV1) {
    metadata_thread_ = std::thread([this] { SendMetadata(stop_.get_token()); });
  }
  return {};
}

PendingTimes::TicketPtr RemoteQueue::Expect(storage::TimestampMs oldest_ms) {
  auto ticket = times_.Issue(oldest_ms);
  position_.Lower(oldest_ms);
  return ticket;
}

void RemoteQueue::Take(std::shared_ptr<const storage::CommittedBatch> batch, PendingTimes::TicketPtr ticket) {
  if (batch->samples() > 0) metrics_.RaiseHighest(batch->newest_ms);
  if (!inbox_.Put(std::move(batch), std::move(ticket))) metrics_.overflows.Add();
}

void RemoteQueue::Stop(storage::DurationMs flush_ms) {
  flush_until_ = steady_clock::now() + milliseconds(flush_ms);
  if (flush_ms <= 0) stop_.request_stop();
  if (dispatcher_.joinable()) dispatcher_.join();
  stop_.request_stop();
  if (metadata_thread_.joinable()) metadata_thread_.join();
  position_.Update([this] { return times_.oldest(); });
}

void RemoteQueue::Run(const std::stop_token& stop) {
  bool hurried = false;
  while (GoOn()) {
    const bool ending = flush_until_.load() != steady_clock::time_point::max();
    if (ending && !std::exchange(hurried, true)) shards_.Hurry();
    Inbox::Item item = inbox_.Take(stop, milliseconds(ending ? 10 : kTickMs / 4));
    if (const auto* batch = std::get_if<InboxBatch>(&item)) {
      Dispatch(*batch);
    } else if (auto* gap = std::get_if<Gap>(&item)) {
      if (!catch_up_.Run(std::move(*gap)) || !Push()) break;
    } else if (ending && shards_.idle()) {
      break;
    }
  }
  shards_.Stop();
}

// Asked wherever the dispatcher may have to wait. An end that was asked for does not wait for a remote that takes
// nothing.
bool RemoteQueue::GoOn() {
  Tick();
  if (stop_.stop_requested()) return false;
  const auto until = flush_until_.load();
  return until == steady_clock::time_point::max() || (steady_clock::now() < until && !shards_.failing());
}

bool RemoteQueue::Push() {
  return shards_.Push(steady_clock::time_point::max(), [this] { return GoOn(); });
}

bool RemoteQueue::MaySend(const Outgoing& item) {
  if (!item.h) return true;
  if (config_.message == config::RemoteWriteMessage::kV2) return true;
  if (!config_.send_native_histograms) return false;
  if (item.h->schema != storage::kCustomBucketsSchema) return true;
  metrics_.nhcb_dropped.Add();
  return false;
}

bool RemoteQueue::Emit(Outgoing item, storage::SeriesRef ref) {
  if (!MaySend(item)) return true;
  samples_in_ += 1;
  item.series = names_.Find(ref);
  if (!item.series) {
    KindOf(metrics_, item).dropped_series.Add();
    return true;
  }
  shards_.Add(std::move(item));
  return !shards_.worth_pushing() || Push();
}

void RemoteQueue::Dispatch(const InboxBatch& item) {
  const storage::CommittedBatch& batch = *item.batch;
  const auto start_of = [](const std::vector<storage::TimestampMs>& starts, std::size_t i) {
    return starts.empty() ? 0 : starts[i];
  };
  bool going = true;
  for (std::size_t i = 0; going && i < batch.floats.size(); ++i) {
    const storage::CommittedFloat& f = batch.floats[i];
    if (catch_up_.WasRead(item.arrival, f.t)) continue;
    going = Emit({nullptr, item.ticket, f.t, f.v, nullptr, nullptr, start_of(batch.float_starts, i)}, f.ref);
  }
  for (std::size_t i = 0; going && i < batch.histograms.size(); ++i) {
    const storage::CommittedHistogram& h = batch.histograms[i];
    if (catch_up_.WasRead(item.arrival, h.t)) continue;
    going = Emit({nullptr, item.ticket, h.t, 0, h.h, nullptr, start_of(batch.histogram_starts, i)}, h.ref);
  }
  for (std::size_t i = 0; going && config_.send_exemplars && i < batch.exemplars.size(); ++i) {
    const storage::CommittedExemplar& e = batch.exemplars[i];
    auto exemplar = std::make_shared<const storage::Exemplar>(e.exemplar);
    going = Emit({nullptr, item.ticket, e.exemplar.t, e.exemplar.v, nullptr, std::move(exemplar)}, e.ref);
  }
  // What is not taken when the queue ends stays pending.
  if (going) static_cast<void>(Push());
}

CatchUpDeps::Taken RemoteQueue::TakeRecovered(Outgoing item) {
  using Taken = CatchUpDeps::Taken;
  if (!MaySend(item)) return Taken::kYes;
  samples_in_ += 1;
  shards_.Add(std::move(item));
  if (!shards_.worth_pushing()) return Taken::kYes;
  if (!GoOn()) return Taken::kStopped;
  if (shards_.Push(steady_clock::now() + kStall, [this] { return GoOn(); })) return Taken::kYes;
  // What lies in between is read again.
  shards_.DropAdded();
  return GoOn() ? Taken::kStalled : Taken::kStopped;
}

void RemoteQueue::Tick() {
  const storage::TimestampMs now = deps_.clock();
  if (now < next_tick_ms_) return;
  next_tick_ms_ = now + kTickMs;
  const storage::TimestampMs oldest = times_.oldest();
  position_.Update([this] { return times_.oldest(); });
  metrics_.position_failures.Set(static_cast<double>(position_.failures()));
  metrics_.behind_seconds.Set(static_cast<double>(std::max<std::int64_t>(0, now - std::min(oldest, now))) / 1000);
  if (now < next_reshard_ms_) return;
  const bool first = next_reshard_ms_ == 0;
  next_reshard_ms_ = now + ShardCount::kInterval;
  if (first) return;
  QueueTotals totals;
  totals.samples_in = samples_in_;
  const KindMetrics* const kinds[] = {&metrics_.samples, &metrics_.histograms};
  for (const KindMetrics* kind : kinds) {
    totals.samples_out += kind->sent.value();
    totals.samples_dropped += kind->dropped_series.value() + kind->too_old.value();
  }
  totals.send_seconds = metrics_.batch_seconds.sum();
  const auto before = static_cast<std::int64_t>(shards_.size());
  const std::int64_t wanted = shard_count_.Tick(totals, metrics_.DelaySeconds(), before);
  metrics_.shards_desired.Set(shard_count_.desired());
  // More lanes to a remote that takes nothing would not help it.
  if (wanted == before || shards_.failing() || stop_.stop_requested()) return;
  log_.Info("Remote storage resharding", {{"from", before}, {"to", wanted}});
  shards_.Resize(static_cast<std::size_t>(wanted));
  metrics_.shards.Set(static_cast<double>(shards_.size()));
}

void RemoteQueue::SendMetadata(const std::stop_token& stop) {
  Delivery delivery(delivery_);
  while (SleepUnlessStopped(config_.metadata.send_interval_ms, stop)) {
    const std::vector<RemoteMetadata> all = deps_.metadata();
    const auto most = static_cast<std::size_t>(config_.metadata.max_samples_per_send);
    for (std::size_t i = 0; i < all.size(); i += most) {
      const auto part = std::span(all).subspan(i, std::min(most, all.size() - i));
      if (!delivery.DeliverBody(EncodeSnappyBlock(EncodeMetadataRequest(part)), part.size(), stop)) return;
    }
  }
}

}  // namespace vigia::server
