#include "alerting/rules/manager.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace vigia::alerting {

using storage::Status;
using storage::TimestampMs;

namespace {

// Sleeps are cut into pieces of this length, so that a clock that is set is noticed.
constexpr storage::DurationMs kLongestSleepMs = 10'000;

GroupConfig Resolve(const std::string& file, const config::RuleGroupConfig& group, const config::GlobalConfig& global) {
  GroupConfig out;
  out.file = file;
  out.group = group;
  out.interval_ms = group.interval_ms.value_or(global.evaluation_interval_ms);
  out.query_offset_ms = group.query_offset_ms.value_or(global.rule_query_offset_ms);
  out.external_labels = global.external_labels;
  return out;
}

}  // namespace

RuleManager::RuleManager(RuleDeps deps, RuleOptions options, storage::Registry& registry)
    : deps_(std::move(deps)), options_(options), metrics_(registry) {}

RuleManager::~RuleManager() { Stop(); }

Status RuleManager::Update(std::span<const config::RuleFile> files, const config::GlobalConfig& global) {
  const std::lock_guard update(update_mu_);
  Groups next;
  std::vector<std::shared_ptr<RuleGroup>> changed;
  {
    const std::lock_guard lock(mu_);
    for (const config::RuleFile& file : files) {
      for (const config::RuleGroupConfig& config : file.groups) {
        GroupConfig resolved = Resolve(file.path, config, global);
        const auto key = std::make_pair(file.path, config.name);
        const auto same = groups_.find(key);
        if (same != groups_.end() && same->second.group->config() == resolved) {
          next[key].group = same->second.group;
          continue;
        }
        auto created = RuleGroup::Create(std::move(resolved), deps_, options_, metrics_, options_.restore && !loaded_);
        if (!created) {
          ForgetUnused(files);
          return created.error();
        }
        changed.emplace_back(std::move(*created));
        next[key].group = changed.back();
      }
    }
  }
  // From here on nothing fails. Threads are stopped without mu_: Snapshot() goes on showing the old groups meanwhile.
  std::vector<std::shared_ptr<RuleGroup>> gone;
  for (auto& [key, running] : groups_) {
    const auto at = next.find(key);
    if (at != next.end() && at->second.group == running.group) {
      at->second.thread = std::move(running.thread);
      continue;
    }
    Halt(running);
    if (at != next.end()) {
      at->second.group->CarryOver(*running.group);
    } else {
      gone.push_back(running.group);
    }
  }
  {
    const std::lock_guard lock(mu_);
    groups_ = std::move(next);
  }
  for (const auto& group : changed) group->PublishSize();
  for (auto& group : gone) Retire(std::move(group));
  if (started_) {
    for (auto& [key, running] : groups_) {
      if (!running.thread.joinable()) Launch(running);
    }
  }
  loaded_ = true;
  return {};
}

// Groups register their instruments when they are made, also those of an update that is then refused.
void RuleManager::ForgetUnused(std::span<const config::RuleFile> files) {
  for (const config::RuleFile& file : files) {
    for (const config::RuleGroupConfig& config : file.groups) {
      if (groups_.count({file.path, config.name}) == 0)
        RemoveGroupMetrics(metrics_.registry, file.path + ";" + config.name);
    }
  }
}

void RuleManager::Retire(std::shared_ptr<RuleGroup> group) {
  const TimestampMs now_ms = deps_.now();
  Retired retired;
  retired.series = group->WrittenSeries();
  retired.ended_ms = now_ms - group->config().query_offset_ms;
  retired.due_ms = now_ms + 2 * group->config().interval_ms;
  const std::lock_guard lock(mu_);
  const std::string key = group->config().key();
  const bool reused = std::any_of(groups_.begin(), groups_.end(),
                                  [&key](const auto& entry) { return entry.second.group->config().key() == key; });
  if (!reused) RemoveGroupMetrics(metrics_.registry, key);
  retired.group = std::move(group);
  retired_.push_back(std::move(retired));
}

void RuleManager::MarkRetired() {
  const TimestampMs now_ms = deps_.now();
  std::vector<Retired> due;
  {
    const std::lock_guard lock(mu_);
    const auto first_due = std::partition(retired_.begin(), retired_.end(),
                                          [now_ms](const Retired& retired) { return retired.due_ms > now_ms; });
    std::move(first_due, retired_.end(), std::back_inserter(due));
    retired_.erase(first_due, retired_.end());
  }
  for (const Retired& retired : due) retired.group->MarkStale(retired.series, retired.ended_ms);
}

void RuleManager::Start() {
  const std::lock_guard update(update_mu_);
  if (started_) return;
  started_ = true;
  reaper_ = std::jthread([this](std::stop_token stop) { RunRetired(std::move(stop)); });
  for (auto& [key, running] : groups_) Launch(running);
}

void RuleManager::Stop() {
  const std::lock_guard update(update_mu_);
  started_ = false;
  for (auto& [key, running] : groups_) running.thread.request_stop();
  for (auto& [key, running] : groups_) Halt(running);
  if (reaper_.joinable()) {
    reaper_.request_stop();
    reaper_.join();
  }
}

void RuleManager::Launch(Running& running) {
  running.thread = std::jthread([this, group = running.group](std::stop_token stop) { Run(*group, std::move(stop)); });
}

void RuleManager::Halt(Running& running) {
  if (!running.thread.joinable()) return;
  running.thread.request_stop();
  running.thread.join();
}

bool RuleManager::SleepUntil(TimestampMs due_ms, const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    const TimestampMs left = due_ms - deps_.now();
    if (left <= 0) return true;
    std::unique_lock lock(sleep_mu_);
    const auto piece = std::chrono::milliseconds(std::min(left, kLongestSleepMs));
    // Only a stop request ends the wait early.
    static_cast<void>(wake_.wait_for(lock, stop, piece, [] { return false; }));
    if (left > kLongestSleepMs) return !stop.stop_requested();  // The caller looks at the clock again.
  }
  return false;
}

void RuleManager::Run(RuleGroup& group, const std::stop_token& stop) {
  const Schedule& schedule = group.schedule();
  TimestampMs last_ms = schedule.AtOrBefore(deps_.now());
  while (!stop.stop_requested()) {
    const Schedule::Turn turn = schedule.After(last_ms, deps_.now());
    if (turn.wait_ms > 0) {
      last_ms = turn.slot_ms - schedule.interval_ms();  // Differs from before only when the clock was set back.
      if (!SleepUntil(turn.slot_ms, stop)) return;
      continue;
    }
    if (turn.missed > 0) group.CountMissed(turn.missed);
    last_ms = turn.slot_ms;
    group.EvaluateAt(turn.slot_ms, stop);
  }
}

void RuleManager::RunRetired(const std::stop_token& stop) {
  while (SleepUntil(deps_.now() + 1'000, stop)) MarkRetired();
}

std::vector<RuleGroupSnapshot> RuleManager::Snapshot() const {
  std::vector<RuleGroupSnapshot> out;
  for (const auto& group : groups()) out.push_back(group->Snapshot());
  return out;
}

std::vector<std::shared_ptr<RuleGroup>> RuleManager::groups() const {
  const std::lock_guard lock(mu_);
  std::vector<std::shared_ptr<RuleGroup>> out;
  for (const auto& [key, running] : groups_) out.push_back(running.group);
  return out;
}

}  // namespace vigia::alerting
