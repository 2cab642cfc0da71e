// How a Tsdb comes to know what was stored before: catalog, runs, log.
#include <algorithm>
#include <chrono>
#include <unordered_map>

#include <fmt/format.h>

#include "storage/catalog/records.h"
#include "storage/rowgroup/reader.h"
#include "storage/tsdb/engine.h"

namespace vigia::storage {
namespace {

class Restorer final : public CatalogReader {
 public:
  explicit Restorer(SeriesMap& series) : series_(series) {}
  Status OnTarget(std::uint32_t target, Labels labels) override {
    series_.RestoreTarget(target, labels);
    return {};
  }
  Status OnLine(std::uint32_t line, Labels labels) override {
    series_.RestoreLine(line, labels);
    return {};
  }
  Status OnColumns(std::uint32_t target, const ColumnRecord& record) override {
    for (std::uint32_t i = 0; i < record.lines.size(); ++i) {
      if (series_.RestoreColumn(target, record.first + i, record.lines[i])) continue;
      return Error{Errc::kCorruption, "catalog: a column names an unknown target or line"};
    }
    return {};
  }

 private:
  SeriesMap& series_;
};

// Runs tell of a series only that it lies between their bounds.
void RestoreBounds(SeriesMap& series, const RunTarget& entry) {
  for (const auto& [first, end] : entry.columns.ranges()) {
    for (std::uint32_t i = first; i < end; ++i) {
      Column* const column = series.Find(entry.target, i);
      if (column == nullptr) continue;
      const TimestampMs known = column->first_t.load();
      if (known == kNoTime || entry.min_t < known) column->first_t.store(entry.min_t);
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
  if (Status status = runs.Load(); !status) return status;
  std::unordered_map<TargetId, std::uint64_t> sealed;
  for (const auto& run : runs.Current()->runs) {
    committer.RaiseMaxT(run->max_t);
    for (const RunTarget& entry : run->targets) {
      RestoreBounds(series, entry);
      std::uint64_t& seq = sealed[entry.target];
      seq = std::max(seq, entry.sealed_seq);
    }
  }
  const auto sealed_seq = [&](TargetId target) {
    const auto known = sealed.find(target);
    return known == sealed.end() ? 0 : known->second;
  };
  Status status = log.Replay([&](std::uint64_t seq, std::uint32_t generation, std::string_view frame) {
    return committer.Replay(seq, generation, frame, sealed_seq);
  });
  if (!status) return Prefixed(status.error(), "replay of the row log");
  std::uint64_t newest_sealed = 0;
  for (const auto& [target, seq] : sealed) newest_sealed = std::max(newest_sealed, seq);
  log.StartAfter(newest_sealed, committer.newest_epoch());
  rotated_ms = options.clock();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  metrics.replay_seconds.Set(seconds);
  Say(LogLevel::kInfo,
      fmt::format("opened {}: {} series, {} runs, {} rows replayed from the log in {:.3f} s", options.path,
                  series.series(), runs.Current()->runs.size(), committer.replayed_rows(), seconds));
  return {};
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
    RunSamples into{found.t, found.v, found.histogram_t, found.h, found.in_all_rows};
    Status status = ReadColumn(*store, **it, *entry, column, kMinTimestampMs, kMaxTimestampMs, into);
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
