// How a Tsdb comes to know what was stored before: catalog, runs, log.
#include <algorithm>
#include <chrono>
#include <thread>
#include <unordered_map>

#include <fmt/format.h>

#include "storage/catalog/records.h"
#include "storage/maintenance/holes.h"
#include "storage/rowgroup/reader.h"
#include "storage/tsdb/engine.h"
#include "storage/tsdb/parallel_replay.h"

namespace vigia::storage {
namespace {

class Restorer final : public CatalogReader {
 public:
  explicit Restorer(SeriesMap& series) : series_(series) {}
  Status OnTarget(std::uint32_t target, Labels labels) override {
    if (series_.RestoreTarget(target, labels)) return {};
    return Error{Errc::kCorruption, fmt::format("catalog: no target has the number {}", target)};
  }
  Status OnLine(std::uint32_t line, Labels labels) override {
    if (series_.RestoreLine(line, labels)) return {};
    return Error{Errc::kCorruption, fmt::format("catalog: no line has the number {}", line)};
  }
  Status OnColumns(std::uint32_t target, const ColumnRecord& record) override {
    if (series_.RestoreColumns(target, record.first, record.lines)) return {};
    return Error{Errc::kCorruption, "catalog: a column names an unknown target or line"};
  }

 private:
  SeriesMap& series_;
};

// Runs tell of a series only that it lies between their bounds; of these, deletes leave a part or nothing.
void RestoreBounds(SeriesMap& series, const RunTarget& entry, const HiddenSamples& hidden) {
  for (const auto& [first, end] : entry.columns.ranges()) {
    for (std::uint32_t i = first; i < end; ++i) {
      Column* const column = series.Find(entry.target, i);
      if (column == nullptr) continue;
      TimestampMs min_t = entry.min_t;
      for (const TimeInterval& interval : hidden.Of(i)) {
        if (interval.Contains(min_t)) min_t = interval.to + 1;
      }
      if (min_t > entry.max_t) continue;
      const TimestampMs known = column->first_t.load();
      if (known == kNoTime || min_t < known) column->first_t.store(min_t);
      if (column->last_t.load() < entry.max_t) column->last_t.store(entry.max_t);
      column->Set(Column::kBound);
    }
  }
}

}  // namespace

Status Tsdb::Impl::Recover() {
  const auto start = std::chrono::steady_clock::now();
  Restorer restorer(series);
  if (Status status = ReadCatalog(*store, restorer); !status) return status;
  series.NameRestored();
  for (const DamagedFile& file : store->damaged_files()) {
    if (file.family == Family::kExemplars) continue;                             // Told by them.
    if (file.family == Family::kWal0 || file.family == Family::kWal1) continue;  // Told with those of the log.
    Say(LogLevel::kError, fmt::format("damaged file {} is set aside{}: {}", file.path,
                                      file.kept_as.empty() ? "" : " as " + file.kept_as, file.why));
  }
  for (const DamagedFile& file : store->damaged_logs()) {
    metrics.log_corruptions.Add();
    Say(LogLevel::kError, fmt::format("the log {} is damaged, what it had from there on is lost{}: {}", file.path,
                                      file.kept_as.empty() ? "" : " (kept as " + file.kept_as + ")", file.why));
  }
  if (Status status = quarantine.Load(); !status) return status;
  if (Status status = runs.Load(); !status) return status;
  quarantine.ForgetGroupsWithoutRun(*runs.Current());
  if (Status status = tombstones.Load(); !status) return status;
  const auto deleted = tombstones.Current();
  std::uint64_t newest_sealed = 0;
  for (const auto& tombstone : deleted->all) {
    // What is written from now on must be newer for the tombstone too, also when nothing else is left of that time.
    newest_sealed = std::max(newest_sealed, tombstone->max_seq());
    *runs.next_id() = std::max(*runs.next_id(), tombstone->next_run);
  }
  std::unordered_map<TargetId, AtRest> sealed;
  for (const auto& run : runs.Current()->runs) {
    committer.RaiseMaxT(run->max_t);
    for (const RunTarget& entry : run->targets) {
      RestoreBounds(series, entry, deleted->HiddenIn(*run, entry.target));
      newest_sealed = std::max(newest_sealed, entry.sealed_seq);
      AtRest& newest = sealed[entry.target];
      if (entry.sealed_seq < newest.seq) continue;
      newest = {entry.sealed_seq, entry.next_anew || (entry.sealed_seq == newest.seq && newest.next_anew)};
    }
  }
  const Committer::AtRestOf at_rest = [&](TargetId target) {
    const auto known = sealed.find(target);
    return known == sealed.end() ? AtRest() : known->second;
  };
  Committer::IsDeleted is_deleted;
  if (!deleted->all.empty()) {
    is_deleted = [&](TargetId target, std::uint32_t column, TimestampMs t, std::uint64_t seq) {
      return deleted->IsDeleted(target, column, t, seq);
    };
  }
  const std::size_t threads = std::clamp<std::size_t>(std::thread::hardware_concurrency(), 1, 8);
  ParallelReplay replay(threads, [&](std::uint64_t seq, std::uint32_t generation, std::string_view frame) {
    return committer.Replay(seq, generation, frame, at_rest, is_deleted);
  });
  Status status = log.Replay([&](std::uint64_t seq, std::uint32_t generation, std::string_view frame) {
    return committer.SkipAtRest(seq, frame, at_rest) ? Status() : replay.Add(seq, generation, frame);
  });
  if (status) {
    status = replay.Finish();
    if (!status && status.error().code == Errc::kCorruption) metrics.log_corruptions.Add();
  }
  if (!status) return Prefixed(status.error(), "replay of the row log");
  TellDamagedLog();
  log.StartAfter(newest_sealed, committer.newest_epoch());
  RemoveEmptySeries();
  for (TargetId id = 1; !deleted->all.empty() && id < series.target_end(); ++id) {
    if (Target* const target = series.FindTarget(id)) RestoreHoles(series, *target, *deleted, *runs.Current());
  }
  if (status = ApplyPolicies(); !status) return status;
  if (status = downsampling.Set(options.downsampling); !status) return status;
  // Loading gives them other places when their number is another one than before.
  if (!options.read_only && !options.leave_exemplars) status = exemplars.Load(quarantine);
  if (!status) return Prefixed(status.error(), "reading exemplars");
  rotated_ms = options.clock();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  metrics.replay_seconds.Set(seconds);
  Say(LogLevel::kInfo,
      fmt::format("opened {}: {} series, {} runs, {} rows replayed from the log in {:.3f} s", options.path,
                  series.series(), runs.Current()->runs.size(), committer.replayed_rows(), seconds));
  return {};
}

// Files of the row log: what the store found when it was opened, and what the replay met.
void Tsdb::Impl::TellDamagedLog() {
  const auto tell = [this](const DamagedFile& file) {
    Say(LogLevel::kError,
        fmt::format(
            "the row log is damaged, samples that it had from there on and that are not at rest are lost: {}{}{}",
            file.path.empty() ? "" : "file " + file.path + ": ", file.why,
            file.kept_as.empty() ? "" : " (kept as " + file.kept_as + ")"));
  };
  bool at_opening = false;
  for (const DamagedFile& file : store->damaged_files()) {
    if (file.family != Family::kWal0 && file.family != Family::kWal1) continue;
    tell(file);
    at_opening = true;
  }
  if (at_opening) metrics.log_corruptions.Add();
  for (const DamagedFile& file : log.damaged_files()) tell(file);  // It counts its own.
}

// Of the catalog's series those without a sample: deleted ones, since retention has told the catalog of its own.
void Tsdb::Impl::RemoveEmptySeries() {
  for (TargetId id = 1; id < series.target_end(); ++id) {
    Target* const target = series.FindTarget(id);
    if (target == nullptr) continue;
    const std::lock_guard lock(target->write_mutex());
    for (std::uint32_t column = 0; column < target->columns().size(); ++column) {
      const Column& state = target->columns()[column];
      if (state.Is(Column::kRemoved) || state.first_t.load() != kNoTime) continue;
      series.Remove(id, column);
      retention.LookForGoneSeries();
    }
  }
}

// Newest run first; a run without the column, or whose bounds cannot beat what was found, is not read.
Result<std::optional<NewestSample>> Tsdb::Impl::NewestAtRest(TargetId target, std::uint32_t column) {
  std::shared_ptr<const RunSet> set;
  {
    const std::shared_lock visible(visibility);
    set = runs.Current();
  }
  std::optional<NewestSample> newest;
  for (auto it = set->runs.rbegin(); it != set->runs.rend(); ++it) {
    const RunTarget* const entry = (*it)->Find(target);
    if (entry == nullptr || (newest && entry->max_t <= newest->t)) continue;
    ColumnSamples found;
    RunSamples into{found.t,          found.v, found.histogram_t, found.h, found.starts, found.histogram_starts,
                    found.in_all_rows};
    TileCache tiles;
    Status status = ReadColumn(*store, **it, *entry, column, kMinTimestampMs, kMaxTimestampMs, tiles, into);
    if (!status) return status.error();
    if (!found.t.empty() && (!newest || found.t.back() > newest->t)) {
      newest = {found.t.back(), std::bit_cast<std::uint64_t>(found.v.back()), false};
    }
    if (!found.h.empty() && (!newest || found.histogram_t.back() > newest->t)) {
      newest = {found.histogram_t.back(), HistogramBits(*found.h.back()), true};
    }
  }
  return newest;
}

}  // namespace vigia::storage
