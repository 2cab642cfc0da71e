// All rule groups: loads them, runs each on a thread of its own so that none delays another, swaps them on reload.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "alerting/rules/rule_deps.h"
#include "alerting/rules/rule_group.h"
#include "alerting/rules/rule_metrics.h"
#include "alerting/rules/snapshot.h"
#include "config/schema/global_config.h"
#include "config/schema/rule_file.h"

namespace vigia::alerting {

// Thread-safe.
class RuleManager {
 public:
  // `registry` must outlive the manager. No group runs before Start().
  RuleManager(RuleDeps deps, RuleOptions options, storage::Registry& registry);
  ~RuleManager();  // Stops.

  // Puts these groups in place of all others. Groups that did not change go on undisturbed; a changed group (same file
  // and name) takes the alerts and series of its rules over; a group that is gone has its series marked stale after two
  // of its intervals. On an error (a template that does not parse) nothing changes. The first call decides which groups
  // have their alerts restored from storage: later ones start afresh.
  storage::Status Update(std::span<const config::RuleFile> files, const config::GlobalConfig& global);

  // Begins evaluating. Call when queries and appends work.
  void Start();
  // Ends evaluating, waits for what is running. Queries of rules are cancelled. No series are marked stale.
  void Stop();

  // Ordered by file, then name.
  std::vector<RuleGroupSnapshot> Snapshot() const;

  // The groups as they are, for tests and tools that evaluate by themselves. REQUIRES: not started.
  std::vector<std::shared_ptr<RuleGroup>> groups() const;
  // Marks the series stale that removed groups wrote and whose time has come. Called by the manager's own thread, or by
  // tests.
  void MarkRetired();

 private:
  struct Running {
    std::shared_ptr<RuleGroup> group;
    std::jthread thread;  // Joinable while started.
  };
  struct Retired {
    std::shared_ptr<RuleGroup> group;  // Halted; its metrics are gone.
    SeriesMap series;
    storage::TimestampMs ended_ms = 0;  // The time of the markers.
    storage::TimestampMs due_ms = 0;
  };
  using Groups = std::map<std::pair<std::string, std::string>, Running>;  // By file and name.

  void Run(RuleGroup& group, const std::stop_token& stop);
  void RunRetired(const std::stop_token& stop);
  // False when stopped.
  bool SleepUntil(storage::TimestampMs due_ms, const std::stop_token& stop);
  void Launch(Running& running);
  static void Halt(Running& running);
  void Retire(std::shared_ptr<RuleGroup> group);
  void ForgetUnused(std::span<const config::RuleFile> files);  // REQUIRES mu_.

  const RuleDeps deps_;
  const RuleOptions options_;
  RuleMetrics metrics_;

  // Order: update_mu_, then mu_.
  std::mutex update_mu_;  // Held through Update(), Start() and Stop(). Guards started_ and loaded_.
  bool started_ = false;
  bool loaded_ = false;
  std::jthread reaper_;

  mutable std::mutex mu_;  // Guards groups_ and retired_.
  Groups groups_;
  std::vector<Retired> retired_;

  std::mutex sleep_mu_;
  std::condition_variable_any wake_;
};

}  // namespace vigia::alerting
