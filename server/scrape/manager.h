// Scrapes what the configuration and discovery say: one pool per job, one loop per target.
#pragma once

#include <algorithm>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "config/schema/config.h"
#include "server/discovery/target_group.h"
#include "server/http/io_threads.h"
#include "server/log/log.h"
#include "server/scrape/loop.h"
#include "server/scrape/pool.h"
#include "server/scrape/scrape_metrics.h"
#include "server/scrape/snapshot.h"
#include "storage/api/appender.h"
#include "storage/model/clock.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

struct ScrapeManagerOptions {
  // Receive, parse and store. One thread takes over a million samples a second, and handing work from one to another
  // costs more than it brings.
  int io_threads = std::clamp(static_cast<int>(std::thread::hardware_concurrency()) / 4, 1, 4);
  std::string user_agent;  // "Prometheus/3.x".
  std::string host_name;   // Shifts the slots, so that twins on two hosts scrape at different times; "": this host's.
  bool exemplars = false;  // Hand exemplars to storage (feature exemplar-storage).
  storage::StartUse starts = {};      // Of start timestamps (features st-storage, created-timestamp-zero-ingestion).
  bool type_and_unit_labels = false;  // Feature of that name.
  // How far from its slot a scrape may begin and still carry its time (scrape.timestamp-tolerance); below 0: never.
  storage::DurationMs timestamp_tolerance_ms = 2;
};

// Thread-safe, but Apply(), SetTargets() and Stop() block, and must not be called from one of the I/O threads.
class ScrapeManager {
 public:
  // `storage` and `registry` outlive the manager.
  ScrapeManager(ScrapeManagerOptions options, storage::Appendable& storage, storage::Registry& registry, Logger log,
                storage::Clock clock = storage::SystemClock());
  ~ScrapeManager();  // Stop().
  ScrapeManager(const ScrapeManager&) = delete;
  ScrapeManager& operator=(const ScrapeManager&) = delete;

  // Makes the jobs those of `config`. Jobs whose configuration did not change are left alone; of a changed job, targets
  // that stay the same keep their state. A job that is new gets its targets by SetTargets() afterwards. After an error
  // the jobs it names are as before (a new one is missing), and the others are as told.
  storage::Status Apply(const config::ConfigPtr& config);

  // All groups that discovery knows for `job`. Unknown jobs are ignored.
  void SetTargets(const std::string& job, std::vector<TargetGroup> groups);

  // Ends all loops without staleness markers: a server that comes back goes on where it was. Idempotent.
  void Stop();

  TargetsSnapshot Targets() const;
  std::vector<std::string> PoolNames() const;                 // Sorted.
  ScrapeConfigPtr PoolConfig(const std::string& pool) const;  // Null: there is no such pool.
  std::vector<TargetMetadata> Metadata() const;               // Of each active target, all its families.

 private:
  storage::Result<PoolSettingsPtr> MakeSettings(const config::ScrapeConfig& config, std::uint64_t offset_seed) const;
  storage::Status ApplyJob(const config::ScrapeConfig& config, std::uint64_t offset_seed);

  const ScrapeManagerOptions options_;
  const Logger log_;
  ScrapeMetrics metrics_;
  IoThreads io_;
  std::stop_source shutdown_;
  LoopCount count_;
  const ScrapeContext context_;

  mutable std::mutex mu_;  // Guards what follows. Order: mu_, then a pool's, then a loop's.
  std::map<std::string, std::unique_ptr<ScrapePool>> pools_;
  std::uint64_t offset_seed_ = 0;
  bool stopped_ = false;
};

}  // namespace vigia::server
