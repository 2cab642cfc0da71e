#include "storage/maintenance/rewriter.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

#include "storage/rowgroup/downsample.h"
#include "storage/rowgroup/reader.h"

namespace vigia::storage {
namespace {

constexpr std::uint8_t kJoinedTier = 1;
constexpr std::uint8_t kDayTier = 2;

// Pages of a target that any of the runs has, each with its columns.
std::map<std::uint32_t, std::vector<std::uint32_t>> PagesOf(const std::vector<const RunTarget*>& entries) {
  std::map<std::uint32_t, std::vector<std::uint32_t>> pages;
  for (const RunTarget* entry : entries) {
    for (const auto& [first, end] : entry->columns.ranges()) {
      for (std::uint32_t column = first; column < end; ++column) pages[column / kPageColumns].push_back(column);
    }
  }
  for (auto& [page, columns] : pages) {
    std::sort(columns.begin(), columns.end());
    columns.erase(std::unique(columns.begin(), columns.end()), columns.end());
  }
  return pages;
}

void AddTimes(const std::vector<TimestampMs>& more, std::vector<TimestampMs>& times) {
  const auto middle = static_cast<std::ptrdiff_t>(times.size());
  const bool in_order = times.empty() || more.empty() || times.back() < more.front();
  times.insert(times.end(), more.begin(), more.end());
  if (in_order) return;
  std::inplace_merge(times.begin(), times.begin() + middle, times.end());
  times.erase(std::unique(times.begin(), times.end()), times.end());
}

}  // namespace

Rewriter::Job Rewriter::ChooseToJoin(const Runs& day, TimestampMs now_ms, bool all) const {
  Runs sealed;
  TimestampMs oldest = kMaxTimestampMs;
  for (const auto& run : day) {
    if (run->tier != 0) continue;
    sealed.push_back(run);
    oldest = std::min(oldest, run->min_t);
  }
  const bool closed = now_ms >= DayStart(day.front()->day + 1) + policy_.day_slack_ms;
  if (closed || all) {
    // Several runs of the last tier are the parts of one day that was too large for one.
    const bool settled = std::all_of(day.begin(), day.end(), [](const auto& run) { return run->tier == kDayTier; });
    return {settled ? Runs() : day, kDayTier};
  }
  const bool due = sealed.size() >= policy_.max_runs || (sealed.size() > 1 && now_ms - oldest >= policy_.window_ms);
  return {due ? sealed : Runs(), kJoinedTier};
}

bool Rewriter::HasDeleted(const Run& run, TimestampMs now_ms, bool at_once) const {
  const auto tombstones = deps_.tombstones.Current();
  return std::any_of(tombstones->all.begin(), tombstones->all.end(), [&](const auto& tombstone) {
    const bool due = at_once || now_ms < tombstone->created_ms ||  // The clock was set back.
                     now_ms - tombstone->created_ms >= policy_.delete_age_ms;
    return due && tombstone->Concerns(run);
  });
}

// Parts of a closed day share no target and can be rewritten one by one. Of an open day all is joined, since the order
// in which samples were written must stay: of two with one time the first one counts.
std::vector<Rewriter::Job> Rewriter::Choose(const Runs& day, TimestampMs now_ms, Extent extent) const {
  std::vector<Job> jobs;
  Job join = ChooseToJoin(day, now_ms, extent == Extent::kAll);
  Runs open;
  bool open_has_deleted = false;
  for (const auto& run : day) {
    const bool chosen = std::find(join.inputs.begin(), join.inputs.end(), run) != join.inputs.end();
    const bool has_deleted = HasDeleted(*run, now_ms, extent != Extent::kDue) || kept_->HasExpired(*run, now_ms) ||
                             (starts_downsampling_ && run->tier == kDayTier && resolutions_->HasWork(*run, now_ms));
    if (run->tier != kDayTier) {
      open.push_back(run);
      open_has_deleted = open_has_deleted || (has_deleted && !chosen);
    } else if (has_deleted && !chosen) {
      jobs.push_back({{run}, kDayTier});
    }
  }
  if (open_has_deleted) join = {std::move(open), kJoinedTier};
  if (!join.inputs.empty()) jobs.push_back(std::move(join));
  return jobs;
}

Result<std::size_t> Rewriter::Rewrite(TimestampMs now_ms, Extent extent, const std::function<void()>& breathe) {
  now_ms_ = now_ms;
  kept_ = deps_.policies.Current();
  resolutions_ = deps_.downsampling.Current();
  starts_downsampling_ = true;
  const double downsampled = deps_.downsampling_metrics.runs.value();
  std::map<std::int32_t, Runs> days;
  for (const auto& run : deps_.runs.Current()->runs) {
    if (!deps_.quarantine.HasGroupOf(*run)) days[run->day].push_back(run);
  }
  std::size_t rewritten = 0;
  for (const auto& [day, runs] : days) {
    for (const Job& job : Choose(runs, now_ms, extent)) {
      Status status = Join(job, breathe);
      if (!status && status.error().code == Errc::kCorruption && FindDamage(job)) continue;  // The rest: next time.
      if (!status) return status.error();
      ++rewritten;
    }
    starts_downsampling_ = extent == Extent::kAll || deps_.downsampling_metrics.runs.value() == downsampled;
  }
  return rewritten;
}

bool Rewriter::FindDamage(const Job& job) {
  bool found = false;
  for (const auto& run : job.inputs) {
    deps_.quarantine.Inspect(*run);
    found = found || deps_.quarantine.HasGroupOf(*run);
  }
  return found;
}

Status Rewriter::Join(const Job& job, const std::function<void()>& breathe) {
  std::set<std::uint32_t> targets;
  for (const auto& run : job.inputs) {
    for (const RunTarget& entry : run->targets) targets.insert(entry.target);
  }
  GroupBuilder builder(job.tier, deps_.runs.next_id(), policy_.max_rows);
  std::vector<Run> added;
  Status status;
  std::uint64_t dropped = 0;
  bool downsamples = false;
  for (const std::uint32_t target : targets) {
    if (breathe) breathe();
    const Part part = PartOf(job, target);
    downsamples = downsamples || part.has_work;
    status = AddTarget(part, target, builder, &dropped);
    if (status && builder.bytes() >= policy_.run_bytes) status = WriteDrafts(builder, added);
    if (!status) break;
  }
  if (status) status = WriteDrafts(builder, added);
  if (status) status = deps_.runs.Record(added, job.inputs);
  if (!status) {
    if (downsamples) deps_.downsampling_metrics.failures.Add();
    deps_.runs.Discard(added);
    return status;
  }
  if (downsamples) CountDownsampled(job, added, dropped);
  {
    const std::unique_lock visible(deps_.runs.visibility());
    deps_.runs.Show(std::move(added), job.inputs);
  }
  const std::int32_t day = job.inputs.front()->day;
  if (dropped > 0) deps_.changed(DayStart(day), DayStart(day + 1) - 1);
  return {};
}

void Rewriter::CountDownsampled(const Job& job, const std::vector<Run>& added, std::uint64_t dropped) {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (const auto& run : job.inputs) before += run->bytes;
  for (const Run& run : added) after += run.bytes;
  deps_.downsampling_metrics.runs.Add();
  deps_.downsampling_metrics.samples.Add(static_cast<double>(dropped));
  if (after < before) deps_.downsampling_metrics.bytes.Add(static_cast<double>(before - after));
}

Status Rewriter::WriteDrafts(GroupBuilder& builder, std::vector<Run>& added) {
  for (RunDraft& draft : builder.Finish()) {
    if (Status status = deps_.runs.WriteGroups(draft, /*compress=*/true); !status) return status;
    added.push_back(std::move(draft.run));
  }
  return {};
}

// Row groups without what was deleted of them or is too old.
Status Rewriter::Load(const Run& run, const RunTarget& entry, std::uint32_t page, std::vector<LoadedTile>& out) const {
  const std::size_t first = out.size();
  if (Status status = LoadPage(deps_.store, run, entry, page, out); !status) return status;
  const auto tombstones = deps_.tombstones.Current();
  HiddenSamples hidden = tombstones->HiddenIn(run, entry.target);
  kept_->Hide(entry.target, now_ms_, hidden);
  if (hidden.empty()) return {};
  std::vector<LoadedTile> left;
  for (std::size_t i = first; i < out.size(); ++i) {
    auto filtered = FilterTile(out[i].tile, out[i].times, hidden);
    if (!filtered) return filtered.error();
    if (!filtered->changed) {
      left.push_back(std::move(out[i]));
    } else if (!filtered->bytes.empty()) {
      PinnedValue bytes(std::move(filtered->bytes));
      const TileView tile = *TileView::Open(bytes.view());
      left.push_back({std::move(bytes), tile, std::move(filtered->times)});
    }
  }
  out.erase(out.begin() + static_cast<std::ptrdiff_t>(first), out.end());
  std::move(left.begin(), left.end(), std::back_inserter(out));
  return {};
}

Rewriter::Part Rewriter::PartOf(const Job& job, std::uint32_t target) const {
  Part part;
  for (const auto& run : job.inputs) {
    const RunTarget* const entry = run->Find(target);
    if (entry == nullptr) continue;
    part.entries.push_back(entry);
    part.runs.push_back(run.get());
    if (entry->sealed_seq < part.sealed_seq) continue;
    part.next_anew = entry->next_anew || (entry->sealed_seq == part.sealed_seq && part.next_anew);
    part.sealed_seq = entry->sealed_seq;
  }
  std::vector<DownsampledColumns> due;
  if (job.tier == kDayTier) due = resolutions_->DueOf(target, job.inputs.front()->day, now_ms_);
  const bool was = std::any_of(part.entries.begin(), part.entries.end(),
                               [](const RunTarget* entry) { return !entry->downsampled.empty(); });
  if (due.empty() && !was) return part;
  RunTarget wanted;  // Only to look the columns up.
  wanted.downsampled = std::move(due);
  std::map<DurationMs, ColumnRanges> parts;
  for (const auto& [page, columns] : PagesOf(part.entries)) {
    for (const std::uint32_t column : columns) {
      DurationMs present = 0;
      bool has_raw = false;
      for (const RunTarget* entry : part.entries) {
        const DurationMs resolution = entry->ResolutionOf(column);
        present = std::max(present, resolution);
        has_raw = has_raw || (resolution == 0 && entry->columns.Contains(column));
      }
      const DurationMs asked = wanted.ResolutionOf(column);
      const DurationMs resolution = ResolutionFrom(present, asked);
      if (resolution == 0) continue;
      // What came late to a day whose rule is gone stays as it is.
      part.has_work = part.has_work || (asked > 0 && (resolution != present || has_raw));
      parts[resolution].Add(column);
    }
  }
  for (auto& [resolution, columns] : parts) part.downsampled.push_back({resolution, std::move(columns)});
  return part;
}

// What all inputs have of a page, downsampled where there is something to do.
Status Rewriter::LoadPart(const Part& part, std::uint32_t page, const std::vector<std::uint32_t>& columns,
                          std::vector<LoadedTile>& out, std::uint64_t* dropped) const {
  for (std::size_t i = 0; i < part.runs.size(); ++i) {
    if (Status status = Load(*part.runs[i], *part.entries[i], page, out); !status) return status;
  }
  if (!part.has_work || out.empty()) return {};
  RunTarget wanted;
  wanted.downsampled = part.downsampled;
  auto joined = DownsampleTiles(out, columns, [&](std::uint32_t column) { return wanted.ResolutionOf(column); });
  if (!joined) return joined.error();
  out.clear();
  *dropped += joined->dropped;
  if (joined->bytes.empty()) return {};
  PinnedValue bytes(std::move(joined->bytes));
  const auto tile = TileView::Open(bytes.view());
  if (!tile) return tile.error();
  out.push_back({std::move(bytes), *tile, std::move(joined->times)});
  return {};
}

// Twice over the pages: once for the times that all of them share, once for the samples, so that only one page's tiles
// are in memory at a time.
Status Rewriter::AddTarget(const Part& part, std::uint32_t target, GroupBuilder& builder, std::uint64_t* dropped) {
  const auto pages = PagesOf(part.entries);
  std::vector<TimestampMs> times;
  std::uint64_t counted_twice = 0;
  for (const auto& [page, columns] : pages) {
    std::vector<LoadedTile> tiles;
    if (Status status = LoadPart(part, page, columns, tiles, &counted_twice); !status) return status;
    for (const LoadedTile& tile : tiles) AddTimes(tile.times, times);
  }
  if (times.empty()) return {};
  builder.StartTarget(target, part.sealed_seq, part.next_anew, std::move(times));
  builder.MarkDownsampled(part.downsampled);
  for (const auto& [page, columns] : pages) {
    std::vector<LoadedTile> tiles;
    if (Status status = LoadPart(part, page, columns, tiles, dropped); !status) return status;
    std::vector<TileSource> sources;
    sources.reserve(tiles.size());
    for (LoadedTile& tile : tiles) sources.push_back({&tile.tile, tile.times, &tile.recent});
    if (Status status = builder.AddPage(page, columns, sources); !status) return status;
  }
  return {};
}

}  // namespace vigia::storage
