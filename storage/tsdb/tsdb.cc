#include "storage/tsdb/tsdb.h"

#include <algorithm>
#include <filesystem>
#include <system_error>

#include "storage/tsdb/appender.h"
#include "storage/tsdb/engine.h"
#include "storage/tsdb/querier.h"

namespace vigia::storage {

Tsdb::Tsdb(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

Result<std::unique_ptr<Tsdb>> Tsdb::Open(TsdbOptions options, Registry& registry) {
  std::unique_ptr<DataFolder> folder;
  StoreOptions store_options;
  store_options.path = options.path;
  store_options.in_memory = options.in_memory;
  store_options.block_cache_bytes = options.block_cache_bytes;
  if (!options.in_memory) {
    auto claimed =
        options.read_only ? DataFolder::Look(options.path) : DataFolder::Claim(options.path, !options.no_lockfile);
    if (!claimed) return claimed.error();
    folder = std::move(*claimed);
    store_options.path = folder->database_path();
    store_options.quarantine_path = folder->quarantine_path();
  }
  auto store = options.read_only ? Store::OpenReadOnly(store_options, registry) : Store::Open(store_options, registry);
  if (!store) return store.error();
  auto impl = std::make_unique<Impl>(std::move(options), registry, std::move(folder), std::move(*store));
  if (Status status = impl->Recover(); !status) return status.error();
  impl->RegisterCallbacks();
  if (impl->options.background) impl->StartBackground();
  return std::unique_ptr<Tsdb>(new Tsdb(std::move(impl)));
}

Tsdb::~Tsdb() {
  if (!impl_->closed) static_cast<void>(Close());
}

std::unique_ptr<Appender> Tsdb::NewAppender(const Labels& shared) {
  const WriteMode mode = impl_->options.durability == Durability::kEveryBatch ? WriteMode::kDisk : WriteMode::kProcess;
  return MakeAppender({impl_->series, impl_->committer, impl_->exemplars, impl_->head_metrics,
                       [impl = impl_.get()] { return impl->CurrentLimits(); },
                       [impl = impl_.get()](std::size_t samples) { return impl->Admit(samples); }, impl_->append_space,
                       mode, &impl_->time_versions, impl_->commit_listener.load()},
                      shared);
}

void Tsdb::SetCommitListener(CommitListener* listener) { impl_->commit_listener.store(listener); }

Labels Tsdb::LabelsOf(SeriesRef ref) const { return impl_->series.LabelsOf(ref).value_or(Labels()); }

// Policies hide samples as they get older, which is no change at a time that could be named.
const TimeVersions* Tsdb::time_versions() const {
  return impl_->policies.Current()->empty() ? &impl_->time_versions : nullptr;
}

std::unique_ptr<Querier> Tsdb::NewQuerier(TimestampMs start_ms, TimestampMs end_ms) const {
  return MakeQuerier({impl_->series, *impl_->store, impl_->runs, impl_->tombstones, impl_->policies, impl_->quarantine,
                      impl_->options.clock},
                     start_ms, end_ms);
}

Result<std::vector<ExemplarSeries>> Tsdb::SelectExemplars(TimestampMs start_ms, TimestampMs end_ms,
                                                          std::span<const std::vector<Matcher>> selectors) const {
  return impl_->exemplars.Select(start_ms, end_ms, selectors);
}

Status Tsdb::Close() {
  impl_->closed = true;
  impl_->StopBackground();
  if (impl_->options.read_only) return {};
  Status status;
  if (impl_->options.seal_on_close) {
    const std::lock_guard lock(impl_->maintenance_mu);
    status = impl_->SealAndTruncate(Maintenance::kEverything, impl_->options.clock());
    if (!status) impl_->Say(LogLevel::kError, "unsealed rows stay in the log: " + status.error().what);
  }
  if (status && impl_->options.durability != Durability::kNever) status = impl_->store->Sync();
  if (status && impl_->folder != nullptr) impl_->folder->MarkClean();
  return status;
}

bool Tsdb::WritesStopped() const { return impl_->free_space && impl_->free_space->stopped(); }

Status Tsdb::SetRetention(DurationMs time_ms, std::uint64_t size_bytes, std::vector<RetentionPolicy> policies) {
  {
    const std::lock_guard lock(impl_->policies_mu);
    impl_->configured_policies = std::move(policies);
  }
  impl_->retention_time_ms.store(time_ms);
  impl_->retention_size_bytes.store(size_bytes);
  return impl_->ApplyPolicies();
}

void Tsdb::SetRetention(DurationMs time_ms, std::uint64_t size_bytes) {
  impl_->retention_time_ms.store(time_ms);
  impl_->retention_size_bytes.store(size_bytes);
  static_cast<void>(impl_->ApplyPolicies());  // Fails only for matchers that were refused before.
}

Result<std::vector<PolicyUsage>> Tsdb::MeasureRetention(const std::vector<RetentionPolicy>& policies) const {
  std::shared_ptr<const RunSet> runs;
  {
    const std::shared_lock visible(impl_->visibility);
    runs = impl_->runs.Current();
  }
  return MeasurePolicies(policies, impl_->retention_time_ms.load(), impl_->series, *runs, impl_->options.clock());
}

Status Tsdb::SetDownsampling(std::vector<DownsamplingRule> rules) { return impl_->downsampling.Set(std::move(rules)); }

Result<std::vector<DownsamplingUsage>> Tsdb::TryDownsampling(const std::vector<DownsamplingRule>& rules) const {
  std::shared_ptr<const RunSet> runs;
  {
    const std::shared_lock visible(impl_->visibility);
    runs = impl_->runs.Current();
  }
  return MeasureDownsampling(rules, impl_->series, *runs, impl_->options.clock());
}

void Tsdb::SetOutOfOrderWindow(DurationMs window_ms) { impl_->out_of_order_window_ms.store(window_ms); }

Status Tsdb::SetMaxExemplars(std::size_t count) { return impl_->exemplars.Resize(count); }

Status Tsdb::DeleteSeries(std::span<const Matcher> matchers, TimestampMs from_ms, TimestampMs to_ms) {
  return impl_->DeleteSeries(matchers, {from_ms, to_ms});
}

Status Tsdb::CleanTombstones() { return impl_->CleanTombstones(); }

Status Tsdb::RunMaintenance(Maintenance extent) { return impl_->RunMaintenance(extent); }

Status Tsdb::Snapshot(const std::string& path) {
  if (impl_->folder == nullptr) return Error{Errc::kUnavailable, "a storage in memory cannot be copied"};
  // Nothing but an empty folder is written to, and what is there must not be taken for a data folder before it is one.
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (!error && !std::filesystem::is_empty(path, error) && !error) error = std::make_error_code(std::errc::file_exists);
  if (error) return Error{Errc::kIo, "create snapshot " + path + ": " + error.message()};
  Status status;
  {
    const std::lock_guard lock(impl_->maintenance_mu);
    status = impl_->store->Checkpoint(DataFolder::DatabasePath(path));
  }
  if (status) status = DataFolder::WriteVersion(path);
  if (!status) std::filesystem::remove_all(path, error);
  return status;
}

TsdbStats Tsdb::Stats(std::size_t limit) const {
  TsdbStats stats;
  CountLabels(impl_->series, limit, stats);
  stats.chunks = impl_->HeadChunks();
  stats.min_time_ms = MinTime();
  stats.max_time_ms = MaxTime();
  return stats;
}

std::vector<RunStats> Tsdb::Runs() const {
  std::shared_ptr<const RunSet> set;
  {
    const std::shared_lock visible(impl_->visibility);
    set = impl_->runs.Current();
  }
  std::vector<RunStats> out;
  for (const auto& run : set->runs) {
    RunStats& stats = out.emplace_back();
    stats.id = run->id;
    stats.tier = run->tier;
    stats.min_t = run->min_t;
    stats.max_t = run->max_t;
    stats.samples = run->samples;
    for (const RunTarget& target : run->targets) {
      std::uint64_t columns = 0;
      for (const auto& [first, end] : target.columns.ranges()) columns += end - first;
      stats.series += columns;
      stats.groups += (columns + kPageColumns - 1) / kPageColumns * target.chunk_starts.size();
    }
  }
  return out;
}

TimestampMs Tsdb::MinTime() const {
  TimestampMs min = impl_->HeadTimes().first;
  const std::shared_lock visible(impl_->visibility);
  for (const auto& run : impl_->runs.Current()->runs) min = std::min(min, run->min_t);
  return min;
}

TimestampMs Tsdb::MaxTime() const {
  TimestampMs max = impl_->HeadTimes().second;
  const std::shared_lock visible(impl_->visibility);
  for (const auto& run : impl_->runs.Current()->runs) max = std::max(max, run->max_t);
  return max;
}

std::uint64_t Tsdb::DirectoryBytes() const { return impl_->DirectoryBytes(); }

}  // namespace vigia::storage
