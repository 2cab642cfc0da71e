#include "server/sender/delivery.h"

#include <algorithm>
#include <chrono>
#include <random>

#include "server/remote/snappy_block.h"
#include "server/sender/write_request.h"

namespace vigia::server {
namespace {

double Random() {
  thread_local std::minstd_rand random{std::random_device{}()};
  return std::uniform_real_distribution<double>()(random);
}

}  // namespace

void Delivery::Count(std::span<const Outgoing> part, storage::Counter& (*counter)(KindMetrics&)) {
  for (const Outgoing& item : part) counter(KindOf(deps_.metrics, item)).Add();
}

storage::TimestampMs Delivery::OldestWanted() const {
  const storage::DurationMs limit = deps_.config.queue.sample_age_limit_ms;
  return limit == 0 ? storage::kMinTimestampMs : deps_.clock() - limit;
}

void Delivery::DropOld(std::vector<Outgoing>& batch) {
  const storage::TimestampMs oldest = OldestWanted();
  std::erase_if(batch, [&](const Outgoing& item) {
    if (item.t >= oldest) return false;
    KindMetrics& kind = KindOf(deps_.metrics, item);
    kind.too_old.Add();
    kind.pending.Add(-1);
    return true;
  });
}

template <class MakeBody, class OnRetry>
Delivery::Sent Delivery::Send(const MakeBody& make_body, const OnRetry& on_retry, bool expects_written,
                              const std::stop_token& leave, const std::stop_token& stop) {
  const bool v2 = deps_.config.message == config::RemoteWriteMessage::kV2;
  Backoff backoff(deps_.config.queue.min_backoff_ms, deps_.config.queue.max_backoff_ms);
  for (int attempt = 0;; ++attempt) {
    RemotePost post{make_body(), v2, attempt, stop};
    const auto began = std::chrono::steady_clock::now();
    const auto answer = deps_.transport.Post(std::move(post));
    deps_.metrics.batch_seconds.Observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count());
    if (stop.stop_requested()) {
      // The answer may have come all the same.
      if (!answer || VerdictOf(answer->status, true) == Verdict::kAgain) return {Outcome::kAbandoned, 0, {}};
    }
    storage::DurationMs pause = backoff.Next(Random());
    std::string why;
    if (!answer) {
      why = answer.error().what;
    } else {
      Sent sent{Outcome::kDelivered, answer->status, answer->text};
      switch (VerdictOf(answer->status, deps_.config.queue.retry_on_http_429)) {
        case Verdict::kDelivered:
          failing_ = false;
          // A receiver that does not know version 2 may answer 204 all the same, and have stored nothing.
          if (v2 && expects_written && !answer->written) {
            sent.outcome = Outcome::kRefused;
            sent.text =
                "sent v2 request, got 2xx, but PRW 2.0 response header statistics indicate no sample was "
                "accepted; assuming failure e.g. the target only supports PRW 1.0 prometheus.WriteRequest, but "
                "does not check the Content-Type header correctly";
          }
          return sent;
        case Verdict::kRefused:
          failing_ = false;
          sent.outcome = Outcome::kRefused;
          return sent;
        case Verdict::kAgain:
          why = "server returned HTTP status " + std::to_string(answer->status) + ": " + answer->text;
          if (const auto asked = RetryAfter(answer->retry_after, deps_.clock())) pause = *asked;
          break;
      }
    }
    failing_ = true;
    deps_.log.Warn("Failed to send batch, retrying", {{"err", why}});
    if (!on_retry()) return {Outcome::kGivenUp, 0, {}};
    if (leave.stop_requested() || stop.stop_requested() || !deps_.sleep(pause, leave)) {
      return {Outcome::kAbandoned, 0, {}};
    }
  }
}

bool Delivery::Deliver(std::vector<Outgoing>& batch, const std::stop_token& leave, const std::stop_token& stop) {
  DropOld(batch);
  return batch.empty() || DeliverPart(batch, leave, stop);
}

bool Delivery::DeliverPart(std::span<const Outgoing> part, const std::stop_token& leave, const std::stop_token& stop) {
  QueueMetrics& metrics = deps_.metrics;
  const auto make_body = [&] {
    std::string body = EncodeSnappyBlock(EncodeWriteRequest(part, deps_.config.message));
    metrics.bytes.Add(static_cast<double>(body.size()));
    return body;
  };
  const auto on_retry = [&] {
    const storage::TimestampMs oldest = OldestWanted();
    if (std::all_of(part.begin(), part.end(), [&](const Outgoing& item) { return item.t < oldest; })) return false;
    Count(part, [](KindMetrics& kind) -> storage::Counter& { return kind.retried; });
    return true;
  };
  const Sent sent = Send(make_body, on_retry, true, leave, stop);
  if (sent.outcome == Outcome::kAbandoned) return false;
  if (sent.outcome == Outcome::kGivenUp) {
    Count(part, [](KindMetrics& kind) -> storage::Counter& { return kind.too_old; });
    for (const Outgoing& item : part) KindOf(metrics, item).pending.Add(-1);
    return true;
  }
  if (sent.outcome == Outcome::kRefused) {
    // What comes from storage may have been sent before a restart. Version 1 refuses a request as a whole when one of
    // its samples is such a repetition, so the older half and the newer one are tried apart, down to a single time.
    const auto [oldest, newest] =
        std::minmax_element(part.begin(), part.end(), [](const auto& a, const auto& b) { return a.t < b.t; });
    const bool repetition = (sent.status == 400 || sent.status == 409) &&
                            std::any_of(part.begin(), part.end(), [](const auto& item) { return item.recovered; });
    if (repetition && oldest->t != newest->t) {
      const storage::TimestampMs middle = oldest->t + (newest->t - oldest->t) / 2;
      std::vector<Outgoing> older(part.begin(), part.end());
      const auto split =
          std::stable_partition(older.begin(), older.end(), [&](const auto& i) { return i.t <= middle; });
      const std::span<const Outgoing> all(older);
      const auto count = static_cast<std::size_t>(split - older.begin());
      return DeliverPart(all.first(count), leave, stop) && DeliverPart(all.subspan(count), leave, stop);
    }
    Count(part, [](KindMetrics& kind) -> storage::Counter& { return kind.failed; });
    LogRefused(part, sent);
  }
  storage::TimestampMs highest = 0;
  for (const Outgoing& item : part) {
    KindMetrics& kind = KindOf(metrics, item);
    kind.sent.Add();
    kind.pending.Add(-1);
    highest = std::max(highest, item.t);
  }
  if (sent.outcome == Outcome::kDelivered) metrics.RaiseHighestSent(highest);
  return true;
}

void Delivery::LogRefused(std::span<const Outgoing> part, const Sent& sent) const {
  deps_.log.Error("non-recoverable error",
                  {{"count", part.size()}, {"status", sent.status}, {"err", std::string_view(sent.text)}});
  if (!deps_.config.failed_request_logging) return;
  deps_.log.Error(
      "refused request",
      {{"firstSeries", part[0].series->labels.ToString()}, {"firstTime", part.front().t}, {"lastTime", part.back().t}});
}

bool Delivery::DeliverBody(const std::string& body, std::size_t entries, const std::stop_token& stop) {
  QueueMetrics& metrics = deps_.metrics;
  const auto count = static_cast<double>(entries);
  const auto make_body = [&] {
    metrics.metadata_bytes.Add(static_cast<double>(body.size()));
    return body;
  };
  const auto on_retry = [&] {
    metrics.metadata_retried.Add(count);
    return true;
  };
  const Sent sent = Send(make_body, on_retry, false, stop, stop);
  if (sent.outcome == Outcome::kAbandoned) return false;
  metrics.metadata_sent.Add(count);
  if (sent.outcome == Outcome::kRefused) {
    metrics.metadata_failed.Add(count);
    deps_.log.Error("non-recoverable error while sending metadata",
                    {{"count", entries}, {"err", std::string_view(sent.text)}});
  }
  return true;
}

}  // namespace vigia::server
