// All targets of one job: which of the discovered ones are scraped, and their loops.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "server/discovery/target_group.h"
#include "server/log/log.h"
#include "server/scrape/loop.h"
#include "server/scrape/scrape_metrics.h"
#include "server/scrape/snapshot.h"

namespace vigia::server {

// Thread-safe.
class ScrapePool {
 public:
  ScrapePool(const ScrapeContext& context, PoolSettingsPtr settings);
  ~ScrapePool();  // Ends all loops without markers, unless End() was called.
  ScrapePool(const ScrapePool&) = delete;
  ScrapePool& operator=(const ScrapePool&) = delete;

  // Takes `groups` for all that there is to scrape: starts loops for new targets, ends those of targets that are gone,
  // leaves the others alone.
  void Sync(std::vector<TargetGroup> groups);

  // Another configuration of the same job. Loops of targets that stay the same go on with it, and with what they know.
  void Reload(PoolSettingsPtr settings);

  // The job is gone: ends all loops, and lets their series go stale.
  void End();

  ScrapeConfigPtr config() const;
  void AppendTargets(TargetsSnapshot& out) const;
  void AppendMetadata(std::vector<TargetMetadata>& out) const;

 private:
  using Loops = std::map<std::uint64_t, std::unique_ptr<ScrapeLoop>>;  // By target hash.
  void SyncLocked(bool reload);
  std::map<std::uint64_t, Target> BuildTargets();
  void Drop(storage::Labels discovered_labels);
  void ApplyTargetLimit();

  const ScrapeContext& context_;
  const std::string job_;
  const ScrapeMetrics::Pool metrics_;

  mutable std::mutex mu_;  // Guards what follows.
  PoolSettingsPtr settings_;
  std::vector<TargetGroup> groups_;
  Loops loops_;
  std::vector<storage::Labels> dropped_;  // Discovered labels, at most keep_dropped_targets.
  std::uint64_t dropped_count_ = 0;
};

}  // namespace vigia::server
