#include "storage/tsdb/engine.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <fmt/format.h>

namespace vigia::storage {
namespace {

constexpr std::uint64_t kRotateBytes = 32u << 20;        // The log changes families at this size
constexpr DurationMs kRotateAgeMs = 10 * 60 * 1000;      // or age,
constexpr std::uint64_t kDrainBytes = 4 * kRotateBytes;  // and waits for stragglers only up to here.
constexpr std::size_t kHeadBytesPerSeries = 512;         // See TsdbOptions::head_bytes.
constexpr std::chrono::seconds kSyncInterval{1};
constexpr std::chrono::seconds kMaintenanceInterval{30};
constexpr DurationMs kCredibleMs = 2 * kDayMs;

// Counts one piece of maintenance and how long it took.
class Timed {
 public:
  explicit Timed(MaintenanceMetrics& metrics) : metrics_(metrics) { metrics_.compactions_triggered.Add(); }
  void Done(bool did_something, bool failed) {
    if (failed) metrics_.compactions_failed.Add();
    if (!did_something) return;
    metrics_.compactions.Add();
    metrics_.compaction_seconds.Observe(
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count());
  }

 private:
  MaintenanceMetrics& metrics_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

Tsdb::Impl::Impl(TsdbOptions opened_with, Registry& own_registry, std::unique_ptr<DataFolder> claimed,
                 std::unique_ptr<Store> opened)
    : options(std::move(opened_with)),
      registry(own_registry),
      folder(std::move(claimed)),
      store(std::move(opened)),
      head_metrics(registry),
      metrics(registry),
      log(*store, registry),
      quarantine(*store, registry, [this](const std::string& text) { Say(LogLevel::kError, text); }),
      runs(*store, visibility, quarantine),
      tombstones(*store, visibility, quarantine),
      policies(series),
      downsampling(series),
      downsampling_metrics(registry),
      sleepers(
          {*store, series, runs, tombstones, log, options.sleep_after_ms, [this] { retention.LookForGoneSeries(); }}),
      committer({series, log, head_metrics, visibility, options.clock,
                 [this](TargetId target, std::uint32_t column) { return NewestAtRest(target, column); },
                 [this](Target& target) { return sleepers.Wake(target); }}),
      exemplars(series, *store, registry, options.max_exemplars),
      retention_time_ms(options.retention_time_ms),
      retention_size_bytes(options.retention_size_bytes),
      out_of_order_window_ms(options.out_of_order_window_ms),
      configured_policies(options.retention_policies),
      sealer(series, runs, log, options.seal),
      rewriter({*store, runs, tombstones, policies, quarantine, downsampling, downsampling_metrics,
                [this](TimestampMs from, TimestampMs to) { time_versions.Touch(from, to); }},
               options.rewrite),
      deleter(series, runs, tombstones, head_metrics),
      retention(*store, series, runs, policies, log, head_metrics),
      head_limit({[this] { return series.head_bytes(); }, [this] { return HeadMark(); },
                  [this] { return RelieveHead(); }, options.background},
                 registry) {
  series.SetWaker([this](TargetId target) { return sleepers.Wake(target); });
  if (folder == nullptr) return;
  free_space = std::make_unique<FreeSpaceGuard>(
      FreeSpaceDeps{options.path, options.min_free_bytes, options.disk_space, options.clock, options.log}, registry);
  free_space->Refresh();
}

void Tsdb::Impl::Say(LogLevel level, const std::string& text) const {
  if (options.log) options.log(level, text);
}

Status Tsdb::Impl::Admit(std::size_t samples) {
  if (free_space != nullptr) {
    if (Status status = free_space->Admit(samples); !status) return status;
  }
  return head_limit.Admit();
}

AppendLimits Tsdb::Impl::CurrentLimits() const {
  AppendLimits limits;
  limits.out_of_order_window_ms = out_of_order_window_ms.load(std::memory_order_relaxed);
  const DurationMs kept = policies.longest_ms();
  if (kept > 0) limits.oldest_ms = options.clock() - kept;
  return limits;
}

void Tsdb::Impl::StartBackground() {
  // A thread of its own: a rewrite may take minutes, and the log is to be on the disk within a second or so.
  syncing = std::thread([this] {
    std::unique_lock lock(stop_mu);
    while (!stop_cv.wait_for(lock, kSyncInterval, [this] { return stopping; })) {
      lock.unlock();
      if (free_space != nullptr) free_space->Refresh();
      // A failed sync shows at the next write, which fails and is counted.
      if (options.durability == Durability::kEverySecond) static_cast<void>(store->Sync());
      lock.lock();
    }
  });
  background = std::thread([this] {
    auto next_maintenance = std::chrono::steady_clock::now() + kMaintenanceInterval;
    std::unique_lock lock(stop_mu);
    for (;;) {
      stop_cv.wait_until(lock, next_maintenance, [this] { return stopping || seal_wanted; });
      if (stopping) return;
      const bool seal = std::exchange(seal_wanted, false);
      lock.unlock();
      if (seal) {
        const std::lock_guard maintenance(maintenance_mu);
        static_cast<void>(RelieveHeadLocked());  // Writers that wait for it ask again.
      }
      if (std::chrono::steady_clock::now() >= next_maintenance) {
        // Counted by the metrics; what failed is tried again the next time.
        static_cast<void>(RunMaintenance(Maintenance::kDue));
        next_maintenance = std::chrono::steady_clock::now() + kMaintenanceInterval;
      }
      lock.lock();
    }
  });
}

void Tsdb::Impl::StopBackground() {
  {
    const std::lock_guard lock(stop_mu);
    stopping = true;
  }
  stop_cv.notify_all();
  if (background.joinable()) background.join();
  if (syncing.joinable()) syncing.join();
}

TimestampMs Tsdb::Impl::Credible(TimestampMs now_ms) const {
  TimestampMs newest = kMinTimestampMs;
  for (const auto& run : runs.Current()->runs) newest = std::max(newest, run->max_t);
  return newest == kMinTimestampMs ? now_ms : std::min(now_ms, newest + kCredibleMs);
}

Status Tsdb::Impl::RunMaintenance(Maintenance extent) {
  const std::lock_guard lock(maintenance_mu);
  const TimestampMs now_ms = options.clock();
  if (free_space != nullptr) free_space->Refresh();
  Status status = store->Resume();
  if (status) status = policies.Refresh();
  if (status) status = downsampling.Refresh();
  const auto kept_series = policies.Current();
  if (!kept_series->empty()) time_versions.Touch(kMinTimestampMs, kept_series->NewestCutoff(now_ms));
  if (status) status = SealAndTruncate(extent, now_ms);
  if (status) {
    Timed timed(metrics);
    // A rewrite takes long and may need as much space as it frees later.
    const bool room = free_space == nullptr || !free_space->stopped();
    const auto how = extent == Maintenance::kEverything ? Rewriter::Extent::kAll : Rewriter::Extent::kDue;
    const auto rewritten = room ? rewriter.Rewrite(now_ms, how, [this] { static_cast<void>(RelieveHeadLocked()); })
                                : Result<std::size_t>(0);
    timed.Done(rewritten && *rewritten > 0, !rewritten);
    if (rewritten && *rewritten > 0 && !policies.Current()->empty()) retention.LookForGoneSeries();
    if (!rewritten) status = rewritten.error();
  }
  if (status) status = DropTombstones();
  runs.CollectGarbage();
  const Status kept = ApplyRetention(Credible(now_ms));
  if (kept) sleepers.Tend(now_ms);  // What the catalog says is what memory does.
  if (status) status = kept;
  if (free_space != nullptr) free_space->Refresh();
  if (!status) {
    metrics.failures.Add();
    Say(LogLevel::kError, "storage maintenance failed and will be tried again: " + status.error().what);
  }
  return status;
}

Status Tsdb::Impl::DeleteSeries(std::span<const Matcher> matchers, TimeInterval interval) {
  const std::lock_guard lock(maintenance_mu);
  const auto deleted = deleter.Delete(matchers, interval, options.clock());
  time_versions.Touch(interval.from, interval.to);  // Also after a failure: some of it may be done.
  if (!deleted) return deleted.error();
  metrics.series_deleted.Add(static_cast<double>(*deleted));
  return {};
}

// The log holds deleted samples too: its rows are sealed, so that it can be cut.
Status Tsdb::Impl::CleanTombstones() {
  const std::lock_guard lock(maintenance_mu);
  if (tombstones.Current()->all.empty()) return {};
  if (free_space != nullptr) {
    free_space->Refresh();
    if (free_space->stopped())
      return Error{Errc::kUnavailable, "not enough free space to rewrite what has deleted samples"};
  }
  const auto start = std::chrono::steady_clock::now();
  const TimestampMs now_ms = options.clock();
  Status status = SealAndTruncate(Maintenance::kEverything, now_ms);
  if (status) {
    const auto rewritten =
        rewriter.Rewrite(now_ms, Rewriter::Extent::kDeleted, [this] { static_cast<void>(RelieveHeadLocked()); });
    if (!rewritten) status = rewritten.error();
  }
  if (status) status = DropTombstones();
  runs.CollectGarbage();
  metrics.tombstone_seconds.Observe(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  if (!status) Say(LogLevel::kError, "deleted samples are not all removed: " + status.error().what);
  return status;
}

Status Tsdb::Impl::DropTombstones() {
  const auto dropped = tombstones.DropSpent(*runs.Current(), log.oldest_seq());
  if (!dropped) return dropped.error();
  if (*dropped > 0) retention.LookForGoneSeries();
  return {};
}

Status Tsdb::Impl::SealAndTruncate(Maintenance extent, TimestampMs now_ms) {
  const bool all = extent == Maintenance::kEverything;
  Timed timed(metrics);
  Result<std::size_t> sealed = 0;
  if (all) {
    // What is written meanwhile goes to the other family: then all rows of this one are at rest after the seal.
    if (log.has_old_generation()) sealed = sealer.Seal(Sealer::Scope::kOldLog, now_ms);
    if (const Status status = sealed ? sealer.TruncateLog() : Status(); !status) sealed = status.error();
    if (sealed && log.current_bytes() > 0 && log.Rotate()) rotated_ms = now_ms;
  }
  if (sealed) sealed = sealer.Seal(all ? Sealer::Scope::kAll : Sealer::Scope::kDue, now_ms);
  if (sealed && log.has_old_generation() && log.current_bytes() > kDrainBytes) {
    sealed = sealer.Seal(Sealer::Scope::kOldLog, now_ms);
  }
  timed.Done(sealed && *sealed > 0, !sealed);
  head_limit.Relieved();
  return sealed ? TruncateLog(all, now_ms) : Status(sealed.error());
}

std::size_t Tsdb::Impl::HeadMark() const { return std::max(options.head_bytes, kHeadBytesPerSeries * series.series()); }

Status Tsdb::Impl::RelieveHead() {
  if (options.background) {
    const std::lock_guard lock(stop_mu);
    seal_wanted = true;
    stop_cv.notify_all();
    return {};
  }
  const std::lock_guard lock(maintenance_mu);
  return RelieveHeadLocked();
}

Status Tsdb::Impl::RelieveHeadLocked() {
  if (!head_limit.exceeded()) return {};
  const TimestampMs now_ms = options.clock();
  Timed timed(metrics);
  metrics.early_seals.Add();
  auto sealed = sealer.Seal(Sealer::Scope::kDue, now_ms);
  // Many targets with few rows each; or what is left would soon be too much again.
  if (sealed && series.head_bytes() > HeadMark() / 2) sealed = sealer.Seal(Sealer::Scope::kAll, now_ms);
  timed.Done(sealed.has_value(), !sealed);
  head_limit.Relieved();
  if (sealed) return TruncateLog(/*all=*/false, now_ms);
  Say(LogLevel::kError, "unsealed rows cannot be brought to rest: " + sealed.error().what);
  return sealed.error();
}

Status Tsdb::Impl::TruncateLog(bool all, TimestampMs now_ms) {
  metrics.head_truncations.Add();
  if (now_ms < rotated_ms) rotated_ms = now_ms;  // The clock was set back.
  const bool old = log.current_bytes() > kRotateBytes || now_ms - rotated_ms > kRotateAgeMs;
  Status status = sealer.TruncateLog();
  const bool rotated = status && !all && old && log.current_bytes() > 0 && log.Rotate();
  if (rotated) rotated_ms = now_ms;
  for (const Family family : {Family::kCatalog, Family::kExemplars}) {  // Their records would keep the old log file.
    if (status && (all || rotated)) status = store->Flush(family);
  }
  if (!status) metrics.head_truncations_failed.Add();
  return status;
}

Status Tsdb::Impl::ApplyPolicies() {
  std::vector<RetentionPolicy> all;
  {
    const std::lock_guard lock(policies_mu);
    all = configured_policies;
  }
  const bool had = !policies.Current()->empty();
  Status status = policies.Set(std::move(all), retention_time_ms.load());
  if (had || !policies.Current()->empty()) time_versions.Touch(kMinTimestampMs, kMaxTimestampMs);
  return status;
}

Status Tsdb::Impl::ApplyRetention(TimestampMs now_ms) {
  const RetentionLimits limits{policies.longest_ms(), retention_size_bytes.load()};
  const auto result = retention.Apply(limits, now_ms, [this] { return DirectoryBytes(); });
  if (!result) return result.error();
  metrics.time_retentions.Add(static_cast<double>(result->days_by_time));
  metrics.size_retentions.Add(static_cast<double>(result->days_by_size));
  if (result->days_by_time + result->days_by_size > 0) {
    time_versions.Touch(kMinTimestampMs, kMaxTimestampMs);
    Say(LogLevel::kInfo, fmt::format("retention dropped {} days by time and {} by size, {} series are left",
                                     result->days_by_time, result->days_by_size, series.series()));
  }
  return {};
}

std::uint64_t Tsdb::Impl::DirectoryBytes() const {
  if (folder == nullptr) return store->LiveFileBytes(Family::kData) + store->LogBytes();
  return FolderBytes(options.path);
}

std::pair<TimestampMs, TimestampMs> Tsdb::Impl::HeadTimes() const {
  const auto pin = series.Pin();
  TimestampMs min = kMaxTimestampMs;
  TimestampMs max = kMinTimestampMs;
  for (TargetId id = 1; id < series.target_end(); ++id) {
    const Target* const target = series.FindTarget(id);
    if (target == nullptr || target->asleep()) continue;
    const TargetSnapshot snapshot = target->Snapshot();
    const auto see = [&](TimestampMs t) {
      min = std::min(min, t);
      max = std::max(max, t);
    };
    for (const auto& tile : snapshot.tiles) {
      see(tile->times.front());
      see(tile->times.back());
    }
    if (snapshot.staged == 0) continue;
    for (const Row& row : snapshot.staging->FirstRows(snapshot.staged)) see(row.t);
  }
  return {min, max};
}

std::size_t Tsdb::Impl::HeadChunks() const {
  const auto pin = series.Pin();
  std::size_t chunks = 0;
  for (TargetId id = 1; id < series.target_end(); ++id) {
    const Target* const target = series.FindTarget(id);
    if (target == nullptr || target->asleep()) continue;
    const TargetSnapshot snapshot = target->Snapshot();
    for (const auto& tile : snapshot.tiles) chunks += tile->view->columns();
    if (snapshot.staged > 0) chunks += target->columns().size();
  }
  return chunks;
}

}  // namespace vigia::storage
