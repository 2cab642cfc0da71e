// Everything between the rules and the Alertmanagers: discovery of Alertmanagers, queues, transport.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "alerting/notify/manager.h"
#include "alerting/rules/rule_deps.h"
#include "config/schema/config.h"
#include "server/api/rules_api.h"
#include "server/app/notify_transport.h"
#include "server/discovery/manager.h"
#include "server/log/log.h"

namespace vigia::server {

// Thread-safe.
class Notifications {
 public:
  // The executor's threads run until after Stop(). `registry` outlives this.
  Notifications(alerting::NotifyOptions options, boost::asio::any_io_executor executor, std::string user_agent,
                storage::Registry& registry, const Logger& log);

  // The `alerting` section of this configuration from now on; alerts that wait for an Alertmanager that stays are kept.
  void Apply(const config::ConfigPtr& config);
  // Never blocks.
  void Send(std::span<const alerting::FiredAlert> alerts);
  AlertmanagerUrls Urls() const;
  // No more discovery; sends what waits, if the options say so.
  void Stop();

 private:
  // Tells the manager what configuration and discovery say now. REQUIRES: mu_.
  void Update();

  NotifyTransport transport_;
  alerting::NotifyManager manager_;
  std::mutex mu_;  // Guards the two below.
  config::ConfigPtr config_;
  std::map<std::string, std::vector<config::TargetGroup>> groups_;  // By the discovery job's name.
  DiscoveryManager discovery_;                                      // Last: its threads call into the others.
};

}  // namespace vigia::server
