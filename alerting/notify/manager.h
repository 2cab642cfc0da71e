// Takes alerts from the rules and hands each Alertmanager its share (surface.md 6.5): external labels, global
// relabelling, relabelling per configuration, one queue and thread per Alertmanager, so that a slow one holds nobody
// up.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "alerting/notify/alert.h"
#include "alerting/notify/sender.h"
#include "alerting/notify/transport.h"
#include "config/relabel/relabel.h"
#include "config/schema/alerting_config.h"
#include "config/schema/target_group.h"
#include "storage/model/labels.h"
#include "storage/telemetry/registry.h"

namespace vigia::alerting {

// One entry of alerting.alertmanagers with the target groups that its discovery gives now.
struct AlertmanagerSource {
  config::AlertmanagerConfig config;
  std::vector<config::TargetGroup> groups;
};

struct NotifyConfig {
  storage::Labels external_labels;
  std::vector<config::RelabelRule> alert_relabel_configs;
  std::vector<AlertmanagerSource> sources;
};

// Thread-safe.
class NotifyManager {
 public:
  // `transport` and `registry` must outlive the manager. `warn` is for the log and may be empty.
  NotifyManager(NotifyOptions options, Transport& transport, storage::Registry& registry,
                std::function<void(std::string_view text)> warn = {});
  ~NotifyManager();  // As Stop().

  // On load, on reload and whenever discovery found something else. Alertmanagers whose URL stays keep their queue. An
  // Alertmanager that is gone has its request cancelled and its queue dropped. A URL that several sources give is told
  // once, under the first of them.
  void Update(NotifyConfig config);

  // Never blocks on the network. Alerts without an Alertmanager are dropped silently, as there is nobody to miss them.
  void Send(std::span<const WireAlert> alerts);

  // Sends what waits when drain_on_shutdown is set (giving each Alertmanager up at its first failure), else drops it.
  // Nothing is sent afterwards.
  void Stop();

  // URLs in order of configuration.
  std::vector<std::string> ActiveAlertmanagers() const;
  std::vector<std::string> DroppedAlertmanagers() const;

 private:
  struct Destination {
    std::shared_ptr<const config::AlertmanagerConfig> config;
    std::vector<std::shared_ptr<AlertSender>> senders;
  };

  const NotifyOptions options_;
  Transport& transport_;
  storage::Registry& registry_;
  const std::function<void(std::string_view)> warn_;
  storage::Gauge& discovered_;

  std::mutex update_mu_;   // Held through Update() and Stop(). Before mu_.
  mutable std::mutex mu_;  // Guards the following.
  storage::Labels external_labels_;
  std::shared_ptr<const std::vector<config::RelabelRule>> relabel_;
  std::vector<Destination> destinations_;
  std::vector<std::string> dropped_;
  bool stopped_ = false;
};

// The alert with the external labels that it lacks, after the rules; nothing when a rule dropped it.
std::optional<WireAlert> Relabelled(const WireAlert& alert, const storage::Labels& external_labels,
                                    std::span<const config::RelabelRule> rules);

}  // namespace vigia::alerting
