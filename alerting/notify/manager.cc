#include "alerting/notify/manager.h"

#include <thread>
#include <unordered_map>
#include <utility>

#include "alerting/notify/targets.h"

namespace vigia::alerting {

NotifyManager::NotifyManager(NotifyOptions options, Transport& transport, storage::Registry& registry,
                             std::function<void(std::string_view)> warn)
    : options_(options),
      transport_(transport),
      registry_(registry),
      warn_(std::move(warn)),
      discovered_(registry.AddGauge("prometheus_notifications_alertmanagers_discovered",
                                    "The number of alertmanagers discovered and active.")),
      relabel_(std::make_shared<const std::vector<config::RelabelRule>>()) {
  registry.AddGauge("prometheus_notifications_queue_capacity", "The capacity of the alert notifications queue.")
      .Set(static_cast<double>(options.queue_capacity));
}

NotifyManager::~NotifyManager() { Stop(); }

void NotifyManager::Update(NotifyConfig config) {
  const std::lock_guard update(update_mu_);
  std::unordered_map<std::string, std::shared_ptr<AlertSender>> existing;
  {
    const std::lock_guard lock(mu_);
    if (stopped_) return;
    for (const Destination& destination : destinations_) {
      for (const auto& sender : destination.senders) existing.emplace(sender->url(), sender);
    }
  }
  std::unordered_map<std::string, std::shared_ptr<AlertSender>> next;
  std::vector<Destination> destinations;
  std::vector<std::string> dropped;
  for (AlertmanagerSource& source : config.sources) {
    AlertmanagerTargets targets = ResolveAlertmanagers(source.config, source.groups);
    Destination destination;
    destination.config = std::make_shared<const config::AlertmanagerConfig>(std::move(source.config));
    for (std::string& url : targets.active) {
      if (next.count(url) > 0) continue;
      std::shared_ptr<AlertSender> sender;
      if (const auto at = existing.find(url); at != existing.end()) {
        sender = at->second;
        sender->SetConfig(destination.config);
        existing.erase(at);
      } else {
        sender = std::make_shared<AlertSender>(url, destination.config, options_, transport_, registry_, warn_);
      }
      next.emplace(std::move(url), sender);
      destination.senders.push_back(std::move(sender));
    }
    dropped.insert(dropped.end(), targets.dropped.begin(), targets.dropped.end());
    destinations.push_back(std::move(destination));
  }
  {
    const std::lock_guard lock(mu_);
    external_labels_ = std::move(config.external_labels);
    relabel_ = std::make_shared<const std::vector<config::RelabelRule>>(std::move(config.alert_relabel_configs));
    destinations_ = std::move(destinations);
    dropped_ = std::move(dropped);
  }
  discovered_.Set(static_cast<double>(next.size()));
  for (const auto& [url, sender] : existing) {
    sender->Stop(AlertSender::StopMode::kDrop);
    AlertSender::RemoveMetrics(registry_, url);
  }
}

std::optional<WireAlert> Relabelled(const WireAlert& alert, const storage::Labels& external_labels,
                                    std::span<const config::RelabelRule> rules) {
  storage::LabelsBuilder labels(alert.labels);
  for (const storage::LabelView label : external_labels) {
    if (labels.Get(label.name).empty()) labels.Set(label.name, label.value);
  }
  if (!config::Apply(rules, labels)) return std::nullopt;
  WireAlert out = alert;
  out.labels = labels.Build();
  return out;
}

void NotifyManager::Send(std::span<const WireAlert> alerts) {
  storage::Labels external_labels;
  std::shared_ptr<const std::vector<config::RelabelRule>> rules;
  std::vector<Destination> destinations;
  {
    const std::lock_guard lock(mu_);
    if (stopped_) return;
    external_labels = external_labels_;
    rules = relabel_;
    destinations = destinations_;
  }
  std::vector<WireAlert> relabelled;
  for (const WireAlert& alert : alerts) {
    if (auto kept = Relabelled(alert, external_labels, *rules)) relabelled.push_back(std::move(*kept));
  }
  for (const Destination& destination : destinations) {
    if (destination.senders.empty()) continue;
    std::vector<WireAlert> own;
    for (const WireAlert& alert : relabelled) {
      if (auto kept = Relabelled(alert, {}, destination.config->alert_relabel_configs)) own.push_back(std::move(*kept));
    }
    if (own.empty()) continue;
    for (const auto& sender : destination.senders) sender->Push(own);
  }
}

void NotifyManager::Stop() {
  const std::lock_guard update(update_mu_);
  std::vector<std::shared_ptr<AlertSender>> senders;
  {
    const std::lock_guard lock(mu_);
    if (std::exchange(stopped_, true)) return;
    for (const Destination& destination : destinations_) {
      senders.insert(senders.end(), destination.senders.begin(), destination.senders.end());
    }
  }
  const auto mode = options_.drain_on_shutdown ? AlertSender::StopMode::kDrain : AlertSender::StopMode::kDrop;
  // At the same time: a shutdown takes as long as the slowest of them, not as all together.
  std::vector<std::jthread> stopping;
  stopping.reserve(senders.size());
  for (const auto& sender : senders) stopping.emplace_back([&sender, mode] { sender->Stop(mode); });
}

std::vector<std::string> NotifyManager::ActiveAlertmanagers() const {
  const std::lock_guard lock(mu_);
  std::vector<std::string> out;
  for (const Destination& destination : destinations_) {
    for (const auto& sender : destination.senders) out.push_back(sender->url());
  }
  return out;
}

std::vector<std::string> NotifyManager::DroppedAlertmanagers() const {
  const std::lock_guard lock(mu_);
  return dropped_;
}

}  // namespace vigia::alerting
