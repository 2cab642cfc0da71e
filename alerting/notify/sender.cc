#include "alerting/notify/sender.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace vigia::alerting {
namespace {

constexpr std::string_view kSent = "prometheus_notifications_sent_total";
constexpr std::string_view kErrors = "prometheus_notifications_errors_total";
constexpr std::string_view kDropped = "prometheus_notifications_dropped_total";
constexpr std::string_view kQueueLength = "prometheus_notifications_queue_length";
constexpr std::string_view kLatency = "prometheus_notifications_latency_seconds";

storage::Labels Of(const std::string& url) { return storage::Labels{{"alertmanager", url}}; }

}  // namespace

AlertSender::AlertSender(std::string url, std::shared_ptr<const config::AlertmanagerConfig> config,
                         const NotifyOptions& options, Transport& transport, storage::Registry& registry,
                         std::function<void(std::string_view)> warn)
    : url_(std::move(url)),
      options_(options),
      transport_(transport),
      warn_(std::move(warn)),
      sent_(registry.AddCounter(kSent, "Total number of alerts sent.", Of(url_))),
      errors_(registry.AddCounter(kErrors, "Total number of sent alerts affected by errors.", Of(url_))),
      dropped_(registry.AddCounter(
          kDropped, "Total number of alerts dropped due to errors when sending to Alertmanager.", Of(url_))),
      queue_length_(registry.AddGauge(kQueueLength, "The number of alert notifications in the queue.", Of(url_))),
      latency_seconds_(registry.AddSummary(kLatency, "Latency quantiles for sending alert notifications.",
                                           {0.5, 0.9, 0.99}, Of(url_))),
      config_(std::move(config)),
      thread_([this](std::stop_token stop) { Run(std::move(stop)); }) {}

AlertSender::~AlertSender() { Stop(StopMode::kDrop); }

void AlertSender::RemoveMetrics(storage::Registry& registry, const std::string& url) {
  for (const std::string_view name : {kSent, kErrors, kDropped, kQueueLength, kLatency}) registry.Remove(name, Of(url));
}

void AlertSender::Push(std::span<const WireAlert> alerts) {
  {
    const std::lock_guard lock(mu_);
    if (stopped_) return;
    for (const WireAlert& alert : alerts) {
      if (queue_.size() >= options_.queue_capacity) {
        queue_.pop_front();
        dropped_.Add();
      }
      queue_.push_back(alert);
    }
    queue_length_.Set(static_cast<double>(queue_.size()));
  }
  wake_.notify_one();
}

void AlertSender::SetConfig(std::shared_ptr<const config::AlertmanagerConfig> config) {
  const std::lock_guard lock(mu_);
  config_ = std::move(config);
}

void AlertSender::Stop(StopMode mode) {
  {
    const std::lock_guard lock(mu_);
    stopped_ = true;
    draining_ = mode == StopMode::kDrain;
  }
  wake_.notify_one();
  if (!thread_.joinable()) return;
  if (mode == StopMode::kDrop) thread_.request_stop();
  thread_.join();
}

void AlertSender::Run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    bool draining = false;
    {
      std::unique_lock lock(mu_);
      const bool woken = wake_.wait(lock, stop, [this] { return !queue_.empty() || draining_; });
      if (!woken) break;
      draining = draining_;
      if (draining && queue_.empty()) return;
    }
    if (!SendBatch(stop) && draining) break;
  }
  DropAll();
}

void AlertSender::DropAll() {
  const std::lock_guard lock(mu_);
  dropped_.Add(static_cast<double>(queue_.size()));
  queue_.clear();
  queue_length_.Set(0);
}

std::vector<WireAlert> AlertSender::TakeBatch() {
  const std::lock_guard lock(mu_);
  const auto end = queue_.begin() + static_cast<std::ptrdiff_t>(std::min(queue_.size(), options_.max_batch));
  std::vector<WireAlert> batch(std::make_move_iterator(queue_.begin()), std::make_move_iterator(end));
  queue_.erase(queue_.begin(), end);
  queue_length_.Set(static_cast<double>(queue_.size()));
  return batch;
}

// A batch that fails is not sent again: rules repeat what is still true.
bool AlertSender::SendBatch(std::stop_token cancel) {
  const std::vector<WireAlert> batch = TakeBatch();
  if (batch.empty()) return true;
  std::shared_ptr<const config::AlertmanagerConfig> config;
  {
    const std::lock_guard lock(mu_);
    config = config_;
  }
  const std::string body = EncodeAlerts(batch);
  const auto start = std::chrono::steady_clock::now();
  const auto status = transport_.Post({url_, body, config->timeout_ms, config->http, config->sigv4, std::move(cancel)});
  const auto count = static_cast<double>(batch.size());
  if (!status || *status / 100 != 2) {
    errors_.Add(count);
    dropped_.Add(count);
    if (warn_) {
      warn_(fmt::format("sending {} alerts to {} failed: {}", batch.size(), url_,
                        status ? fmt::format("status {}", *status) : status.error().what));
    }
    return false;
  }
  latency_seconds_.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  sent_.Add(count);
  return true;
}

}  // namespace vigia::alerting
