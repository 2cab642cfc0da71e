#include "server/scrape/pool.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include <fmt/format.h>

namespace vigia::server {
namespace {

storage::Labels Discovered(const TargetGroup& group, const storage::Labels& target) {
  storage::LabelsBuilder builder(group.labels);
  for (const storage::LabelView label : target) builder.Set(label.name, label.value);
  return builder.Build();
}

}  // namespace

ScrapePool::ScrapePool(const ScrapeContext& context, PoolSettingsPtr settings)
    : context_(context),
      job_(settings->config->job_name),
      metrics_(context.metrics.ForPool(job_)),
      settings_(std::move(settings)) {
  metrics_.target_limit.Set(static_cast<double>(settings_->config->target_limit));
}

ScrapePool::~ScrapePool() {
  loops_.clear();
  context_.metrics.RemovePool(job_);
}

void ScrapePool::Sync(std::vector<TargetGroup> groups) {
  const std::lock_guard lock(mu_);
  groups_ = std::move(groups);
  SyncLocked(false);
}

void ScrapePool::Reload(PoolSettingsPtr settings) {
  const auto start = std::chrono::steady_clock::now();
  const std::lock_guard lock(mu_);
  settings_ = std::move(settings);
  metrics_.target_limit.Set(static_cast<double>(settings_->config->target_limit));
  for (const auto& [hash, loop] : loops_) loop->SetSettings(settings_);
  SyncLocked(true);
  context_.metrics.pool_reloads.Add();
  context_.metrics.ReloadLength(settings_->config->scrape_interval_ms)
      .Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

void ScrapePool::End() {
  const std::lock_guard lock(mu_);
  for (const auto& [hash, loop] : loops_) loop->End(true);
  loops_.clear();
}

// After a reload, a target with the labels of one that is gone is the same one, scraped in another way, such as at
// another interval: its series go on, and are not ended.
void ScrapePool::SyncLocked(bool reload) {
  const auto start = std::chrono::steady_clock::now();
  std::map<std::uint64_t, Target> targets = BuildTargets();
  std::map<std::string, std::unique_ptr<ScrapeLoop>, std::less<>> replaced;  // By labels.
  for (auto at = loops_.begin(); at != loops_.end();) {
    const auto still = targets.find(at->first);
    if (still != targets.end()) {
      at->second->SetDiscoveredLabels(std::move(still->second.discovered_labels));
      targets.erase(still);
      ++at;
      continue;
    }
    std::unique_ptr<ScrapeLoop> gone = std::move(at->second);
    at = loops_.erase(at);
    std::string labels(gone->labels().bytes());
    if (reload && !replaced.contains(labels)) {
      replaced.emplace(std::move(labels), std::move(gone));
    } else {
      gone->End(true);
    }
  }
  for (auto& [hash, target] : targets) {
    const auto before = replaced.find(target.labels.bytes());
    const ScrapeLoop* const loop = before == replaced.end() ? nullptr : before->second.get();
    loops_.emplace(hash, std::make_unique<ScrapeLoop>(context_, std::move(target), settings_, loop));
    if (loop == nullptr) continue;
    before->second->End(false);
    replaced.erase(before);
  }
  for (const auto& [labels, loop] : replaced) loop->End(true);
  ApplyTargetLimit();
  metrics_.targets.Set(static_cast<double>(loops_.size()));
  metrics_.syncs.Add();
  metrics_.sync_length_seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
}

std::map<std::uint64_t, Target> ScrapePool::BuildTargets() {
  std::map<std::uint64_t, Target> targets;
  dropped_.clear();
  dropped_count_ = 0;
  for (const TargetGroup& group : groups_) {
    for (std::size_t i = 0; i < group.targets.size(); ++i) {
      auto outcome = BuildTarget(*settings_->config, Discovered(group, group.targets[i]));
      if (!outcome) {
        metrics_.sync_failed.Add();
        context_.log.Error(
            "Creating target failed",
            {{"scrape_pool", job_},
             {"err", fmt::format("instance {} in group {}: {}", i, group.source, outcome.error().what)}});
      } else if (outcome->dropped) {
        Drop(std::move(outcome->target.discovered_labels));
      } else {
        const std::uint64_t hash = outcome->target.hash;
        targets.emplace(hash, std::move(outcome->target));
      }
    }
  }
  return targets;
}

void ScrapePool::Drop(storage::Labels discovered_labels) {
  ++dropped_count_;
  const std::uint64_t keep = settings_->config->keep_dropped_targets;
  if (keep == 0 || dropped_.size() < keep) dropped_.push_back(std::move(discovered_labels));
}

void ScrapePool::ApplyTargetLimit() {
  const std::uint64_t limit = settings_->config->target_limit;
  std::optional<std::string> error;
  if (limit > 0 && loops_.size() > limit) {
    context_.metrics.exceeded_target_limit.Add();
    error = fmt::format("target_limit exceeded (number of targets: {}, limit: {})", loops_.size(), limit);
  }
  for (const auto& [hash, loop] : loops_) loop->SetForcedError(error);
}

ScrapeConfigPtr ScrapePool::config() const {
  const std::lock_guard lock(mu_);
  return settings_->config;
}

void ScrapePool::AppendTargets(TargetsSnapshot& out) const {
  const std::lock_guard lock(mu_);
  const auto first = static_cast<std::ptrdiff_t>(out.active.size());
  for (const auto& [hash, loop] : loops_) {
    out.active.push_back(loop->snapshot());
    out.active.back().pool = job_;
  }
  std::sort(out.active.begin() + first, out.active.end(), [](const ActiveTarget& a, const ActiveTarget& b) {
    return std::tie(a.url, a.labels.bytes()) < std::tie(b.url, b.labels.bytes());
  });
  for (const storage::Labels& labels : dropped_) out.dropped.push_back({labels, job_});
  out.dropped_counts[job_] = dropped_count_;
}

void ScrapePool::AppendMetadata(std::vector<TargetMetadata>& out) const {
  const std::lock_guard lock(mu_);
  for (const auto& [hash, loop] : loops_) out.push_back({loop->snapshot().labels, loop->metadata().List()});
}

}  // namespace vigia::server
