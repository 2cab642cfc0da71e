// Runs and their row groups.
#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "storage/codec/tile.h"
#include "storage/inspect/examination.h"
#include "storage/inspect/place.h"

namespace vigia::storage {
namespace {

class RunExaminer {
 public:
  RunExaminer(Examination& all, const Run& run) : all_(all), run_(run) {}

  Status Examine() {
    ExamineRecord();
    const auto [begin, end] = RunKeyRange(run_.day, run_.tier, run_.id);
    Status status =
        all_.folder.store().Scan(Family::kData, begin, end, [&](std::string_view key, std::string_view bytes) {
          ++all_.summary.row_groups;
          key_ = key;
          if (all_.catalog.IsQuarantined(key)) {
            complete_ = false;
            return Status();
          }
          bytes_ += key.size() + bytes.size();
          if (Status examined = ExamineGroup(bytes); !examined) {
            complete_ = false;
            TellGroup(examined.error());
          }
          return Status();
        });
    if (!status) {
      complete_ = false;
      all_.TellError(FileOf(begin, end), RunText(run_), status.error());
    }
    if (complete_) CompareSums();
    return {};
  }

 private:
  void Tell(const std::string& what) {
    all_.Tell(FindingKind::kDamage, all_.folder.database_path(), "record of " + RunText(run_), what);
  }
  std::string FileOf(std::string_view begin, std::string_view end) const {
    for (const TableFile& file : all_.folder.store().TableFiles()) {
      if (file.family == Family::kData && file.first_key >= begin && file.first_key < end) return file.path;
    }
    return all_.folder.database_path();
  }
  void TellGroup(const Error& error) { all_.TellError(all_.folder.store().BulkFileOf(key_), GroupText(key_), error); }
  static Error Wrong(std::string what) { return {Errc::kCorruption, std::move(what)}; }

  void ExamineRecord() {
    TimestampMs min_t = kMaxTimestampMs;
    TimestampMs max_t = kMinTimestampMs;
    std::uint32_t last = 0;
    for (const RunTarget& entry : run_.targets) {
      const std::string target = fmt::format("target {}: ", entry.target);
      if (entry.target <= last) Tell(target + "targets do not ascend");
      last = entry.target;
      min_t = std::min(min_t, entry.min_t);
      max_t = std::max(max_t, entry.max_t);
      if (entry.min_t > entry.max_t) Tell(target + "ends before it begins");
      const auto& starts = entry.chunk_starts;
      const bool ascend = std::adjacent_find(starts.begin(), starts.end(), std::greater_equal<>()) == starts.end();
      if (starts.empty() || starts.front() != entry.min_t || starts.back() > entry.max_t || !ascend) {
        Tell(target + "chunks do not fit its times");
      }
      if (!all_.catalog.targets.contains(entry.target)) Tell(target + "is not in the catalog");
      for (const auto& [first, end] : entry.columns.ranges()) {
        for (std::uint32_t column = first; column < end; ++column) ExamineColumn(entry, column);
      }
    }
    if (min_t != run_.min_t || max_t != run_.max_t) Tell("times differ from those of its targets");
    if (UtcDay(run_.min_t) != run_.day || UtcDay(run_.max_t) != run_.day) Tell("has times of another day");
  }

  // A column whose samples are all deleted may have left the catalog before they leave the disk.
  void ExamineColumn(const RunTarget& entry, std::uint32_t column) {
    if (all_.catalog.LineOf(entry.target, column) != 0 || IsDeleted(entry.target, column)) return;
    Tell(fmt::format("column {} of target {} is not in the catalog", column, entry.target));
  }
  std::vector<TimeInterval> HiddenOf(std::uint32_t target, std::uint32_t column) const {
    std::vector<TimeInterval> out;
    for (const Tombstone& tombstone : all_.catalog.tombstones) {
      const TombstoneTarget* const entry = tombstone.Find(target);
      if (run_.id >= tombstone.next_run || entry == nullptr || !entry->columns.Contains(column)) continue;
      out.push_back(tombstone.interval);
    }
    return out;
  }
  bool IsDeleted(std::uint32_t target, std::uint32_t column) const { return !HiddenOf(target, column).empty(); }

  Status ExamineGroup(std::string_view bytes) {
    GroupPlace place;
    if (!ParseGroupKey(key_, &place)) return Wrong("key of no row group");
    const RunTarget* const entry = run_.Find(place.target);
    if (entry == nullptr) return Wrong("the run's record does not name its target");
    if (place.chunk >= entry->chunk_starts.size()) return Wrong("the run's record does not know its chunk");
    const auto tile = TileView::Open(bytes);
    if (!tile) return tile.error();
    const auto times = tile->Times();
    const auto keys = tile->Columns();
    if (!times) return times.error();
    if (!keys) return keys.error();
    const TimestampMs from = entry->chunk_starts[place.chunk];
    const TimestampMs to =
        place.chunk + 1 < entry->chunk_starts.size() ? entry->chunk_starts[place.chunk + 1] - 1 : entry->max_t;
    if (std::adjacent_find(times->begin(), times->end(), std::greater_equal<>()) != times->end()) {
      return Wrong("times do not ascend");
    }
    if (times->front() < from || times->back() > to) return Wrong("times lie outside of its chunk");
    if (!std::is_sorted(keys->begin(), keys->end(), std::less_equal<>())) return Wrong("columns do not ascend");
    for (const ColumnKey& key : *keys) {
      if (key.column / kPageColumns != place.page)
        return Wrong(fmt::format("column {} is of another page", key.column));
      if (!entry->columns.Contains(key.column)) {
        return Wrong(fmt::format("column {} is not in the run's record", key.column));
      }
      if (Status status = ExamineChunk(*tile, *times, place.target, key); !status) return status;
    }
    return {};
  }

  Status ExamineChunk(const TileView& tile, std::span<const TimestampMs> times, std::uint32_t target, ColumnKey key) {
    std::vector<TimestampMs> t;
    std::vector<double> v;
    std::vector<HistogramPtr> h;
    std::vector<TimestampMs> starts;
    const auto chunk = tile.Find(key);
    if (!chunk) return Wrong(fmt::format("column {} is not found", key.column));
    Status status = key.histogram ? tile.ReadHistograms(*chunk, times, kMinTimestampMs, kMaxTimestampMs, t, h)
                                  : tile.ReadFloats(*chunk, times, kMinTimestampMs, kMaxTimestampMs, t, v);
    if (status) status = tile.ReadStarts(key.column, times, t, 0, starts);
    std::vector<DroppedSamples> dropped;
    if (status) status = tile.ReadDropped(key.column, times, kMinTimestampMs, kMaxTimestampMs, dropped);
    if (!status) return Prefixed(status.error(), fmt::format("column {}", key.column));
    if (!dropped.empty() && run_.Find(target)->ResolutionOf(key.column) == 0) {
      return Wrong(fmt::format("column {} is downsampled, which the run's record does not say", key.column));
    }
    samples_ += t.size();
    all_.summary.samples += t.size();
    found_.emplace(target, key.column);
    const auto hidden = HiddenOf(target, key.column);
    all_.CountVisible(
        target, key.column,
        static_cast<std::uint64_t>(std::count_if(t.begin(), t.end(), [&](auto at) { return !IsHidden(hidden, at); })));
    return {};
  }

  void CompareSums() {
    if (samples_ != run_.samples) Tell(fmt::format("says {} samples, its row groups have {}", run_.samples, samples_));
    if (bytes_ != run_.bytes) Tell(fmt::format("says {} bytes, its row groups have {}", run_.bytes, bytes_));
    for (const RunTarget& entry : run_.targets) {
      for (const auto& [first, end] : entry.columns.ranges()) {
        for (std::uint32_t column = first; column < end; ++column) {
          if (found_.contains({entry.target, column})) continue;
          Tell(fmt::format("names column {} of target {}, which no row group has", column, entry.target));
        }
      }
    }
  }

  Examination& all_;
  const Run& run_;
  std::string key_;  // Of the row group that is looked at.
  bool complete_ = true;
  std::uint64_t samples_ = 0;
  std::uint64_t bytes_ = 0;
  std::set<std::pair<std::uint32_t, std::uint32_t>> found_;
};

// Row groups of no run: of an interrupted seal or rewrite, or of a run in the quarantine.
Status FindLeftOvers(Examination& all) {
  for (const TableFile& file : all.folder.store().TableFiles()) {
    GroupPlace place;
    if (file.family != Family::kData) continue;
    if (!ParseGroupKey(file.first_key, &place)) {
      all.Tell(FindingKind::kDamage, file.path, GroupText(file.first_key), "key of no row group");
      continue;
    }
    const auto is_its = [&](const Run& run) {
      return run.day == place.day && run.tier == place.tier && run.id == place.run;
    };
    if (std::any_of(all.catalog.runs.begin(), all.catalog.runs.end(), is_its)) continue;
    const std::string record_key = RunRecordRange().first + RunKeyRange(place.day, place.tier, place.run).first;
    const bool set_aside = std::any_of(all.catalog.quarantined.begin(), all.catalog.quarantined.end(),
                                       [&](const auto& record) { return record.key == record_key; });
    const auto& unread = all.catalog.unread;
    if (set_aside || std::find(unread.begin(), unread.end(), record_key) != unread.end()) continue;
    all.Tell(FindingKind::kLeftOver, file.path, GroupText(file.first_key) + " and what follows",
             "belongs to no run: the next start of the server removes it");
  }
  return {};
}

}  // namespace

Status ExamineRuns(Examination& all) {
  for (const Run& run : all.catalog.runs) {
    if (Status status = RunExaminer(all, run).Examine(); !status) return status;
  }
  return FindLeftOvers(all);
}

}  // namespace vigia::storage
