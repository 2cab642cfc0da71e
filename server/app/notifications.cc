#include "server/app/notifications.h"

#include <fmt/format.h>

namespace vigia::server {
namespace {

// Discovery knows each entry of alerting.alertmanagers under a name like this.
std::string JobName(std::size_t index) { return fmt::format("config-{}", index); }

// Discovered targets as configuration groups: one each, since each may have labels of its own.
std::vector<config::TargetGroup> ToConfigGroups(const std::vector<TargetGroup>& groups) {
  std::vector<config::TargetGroup> out;
  for (const TargetGroup& group : groups) {
    for (const storage::Labels& target : group.targets) {
      storage::LabelsBuilder labels(group.labels);
      for (const auto label : target) {
        if (label.name != "__address__") labels.Set(label.name, label.value);
      }
      out.push_back({{std::string(target.Get("__address__"))}, labels.Build()});
    }
  }
  return out;
}

}  // namespace

Notifications::Notifications(alerting::NotifyOptions options, boost::asio::any_io_executor executor,
                             std::string user_agent, storage::Registry& registry, const Logger& log)
    : transport_(std::move(executor), user_agent),
      manager_(options, transport_, registry,
               [log = log.With({{"component", "notifier"}})](std::string_view text) { log.Warn(text); }),
      discovery_(
          "notify", std::move(user_agent),
          [this](const std::string& job, const std::vector<TargetGroup>& groups) {
            const std::lock_guard lock(mu_);
            groups_[job] = ToConfigGroups(groups);
            Update();
          },
          registry, log.With({{"component", "discovery manager notify"}})) {}

void Notifications::Apply(const config::ConfigPtr& config) {
  std::map<std::string, config::DiscoveryConfig> jobs;
  {
    const std::lock_guard lock(mu_);
    config_ = config;
    groups_.clear();
    for (std::size_t i = 0; i < config->alerting.alertmanagers.size(); ++i) {
      jobs.emplace(JobName(i), config->alerting.alertmanagers[i].discovery);
    }
    if (jobs.empty()) Update();
  }
  discovery_.Apply(jobs);
}

void Notifications::Update() {
  if (!config_) return;
  const auto& alertmanagers = config_->alerting.alertmanagers;
  alerting::NotifyConfig notify{config_->global.external_labels, config_->alerting.alert_relabel_configs, {}};
  for (std::size_t i = 0; i < alertmanagers.size(); ++i) {
    const auto known = groups_.find(JobName(i));
    // While Apply() is telling one job after the other, a URL that stays must not lose its queue: wait for all.
    if (known == groups_.end()) return;
    notify.sources.push_back({alertmanagers[i], known->second});
  }
  manager_.Update(std::move(notify));
}

void Notifications::Send(std::span<const alerting::FiredAlert> alerts) {
  std::vector<alerting::WireAlert> wire;
  wire.reserve(alerts.size());
  for (const auto& a : alerts) {
    wire.push_back({a.labels, a.annotations, a.starts_at_ms, a.ends_at_ms, a.generator_url});
  }
  manager_.Send(wire);
}

AlertmanagerUrls Notifications::Urls() const {
  return {manager_.ActiveAlertmanagers(), manager_.DroppedAlertmanagers()};
}

void Notifications::Stop() {
  discovery_.Stop();
  manager_.Stop();
}

}  // namespace vigia::server
