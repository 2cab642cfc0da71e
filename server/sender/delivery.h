// Brings one batch of samples to the remote, as often as it takes.
#pragma once

#include <atomic>
#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <vector>

#include "config/schema/remote_config.h"
#include "server/log/log.h"
#include "server/sender/outgoing.h"
#include "server/sender/queue_metrics.h"
#include "server/sender/retry.h"
#include "server/sender/transport.h"
#include "storage/model/clock.h"

namespace vigia::server {

struct DeliveryDeps {
  const config::RemoteWriteConfig& config;
  RemoteTransport& transport;
  QueueMetrics& metrics;
  storage::Clock clock;
  Logger log;
  // Sleeps, unless a stop is requested: false then.
  std::function<bool(storage::DurationMs, const std::stop_token&)> sleep;
};

// Used by one thread.
class Delivery {
 public:
  explicit Delivery(const DeliveryDeps& deps) : deps_(deps) {}

  // True: the remote has the samples, or refused them for good, or they are too old by now. False: a stop
  // was requested before (`leave`: while waiting to try again; `stop`: at any time).
  bool Deliver(std::vector<Outgoing>& batch, const std::stop_token& leave, const std::stop_token& stop);

  // The same for metadata (version 1).
  bool DeliverBody(const std::string& body, std::size_t entries, const std::stop_token& stop);

  // The last request has failed and is to be sent again.
  bool failing() const { return failing_.load(std::memory_order_relaxed); }

 private:
  enum class Outcome { kDelivered, kRefused, kGivenUp, kAbandoned };
  struct Sent {
    Outcome outcome = Outcome::kDelivered;
    int status = 0;
    std::string text;
  };
  // Until the remote has answered something that stands, or `on_retry` says that it is not worth it any more.
  template <class MakeBody, class OnRetry>
  Sent Send(const MakeBody& make_body, const OnRetry& on_retry, bool expects_written, const std::stop_token& leave,
            const std::stop_token& stop);
  bool DeliverPart(std::span<const Outgoing> part, const std::stop_token& leave, const std::stop_token& stop);
  void DropOld(std::vector<Outgoing>& batch);
  storage::TimestampMs OldestWanted() const;
  void Count(std::span<const Outgoing> part, storage::Counter& (*counter)(KindMetrics&));
  void LogRefused(std::span<const Outgoing> part, const Sent& sent) const;

  const DeliveryDeps deps_;
  std::atomic<bool> failing_{false};
};

}  // namespace vigia::server
