#include "storage/maintenance/rewriter.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>

#include "storage/rowgroup/downsample.h"
#include "storage/rowgroup/reader.h"

namespace vigia::storage {
namespace {

constexpr std::uint8_t kJoinedTier = 1;
constexpr std::uint8_t kDayTier = 2;

// Columns that any of the entries has.
ColumnRanges ColumnsOf(const std::vector<const RunTarget*>& entries) {
  using Ranges = std::vector<std::pair<std::uint32_t, std::uint32_t>>;
  Ranges all;
  for (const RunTarget* entry : entries) {
    Ranges merged;
    std::merge(all.begin(), all.end(), entry->columns.ranges().begin(), entry->columns.ranges().end(),
               std::back_inserter(merged));
    all.clear();
    for (const auto& [first, end] : merged) {
      if (!all.empty() && first <= all.back().second) {
        all.back().second = std::max(all.back().second, end);
      } else {
        all.emplace_back(first, end);
      }
    }
  }
  ColumnRanges out;
  for (const auto& [first, end] : all) out.AddRange(first, end);
  return out;
}

ColumnRanges Intersection(const ColumnRanges& a, const ColumnRanges& b) {
  ColumnRanges out;
  auto i = a.ranges().begin();
  auto j = b.ranges().begin();
  while (i != a.ranges().end() && j != b.ranges().end()) {
    const std::uint32_t first = std::max(i->first, j->first);
    const std::uint32_t end = std::min(i->second, j->second);
    if (first < end) out.AddRange(first, end);
    i->second <= j->second ? ++i : ++j;
  }
  return out;
}

// Calls fn(page, columns) for one page after the other until one fails.
template <class Fn>
Status ForEachPage(const ColumnRanges& columns, Fn&& fn) {
  std::vector<std::uint32_t> of_page;
  for (const auto& [first, end] : columns.ranges()) {
    for (std::uint32_t column = first; column < end; ++column) {
      if (!of_page.empty() && of_page.front() / kPageColumns != column / kPageColumns) {
        if (Status status = fn(of_page.front() / kPageColumns, of_page); !status) return status;
        of_page.clear();
      }
      of_page.push_back(column);
    }
  }
  return of_page.empty() ? Status() : fn(of_page.front() / kPageColumns, of_page);
}

bool HasPage(const RunTarget& entry, std::uint32_t page) {
  const auto& ranges = entry.columns.ranges();
  const auto at = std::upper_bound(ranges.begin(), ranges.end(), page * kPageColumns,
                                   [](std::uint32_t first, const auto& range) { return first < range.second; });
  return at != ranges.end() && at->first / kPageColumns <= page;
}

// The times of a target, gathered page by page.
class TimesOfPages {
 public:
  void AddPage(const std::vector<LoadedTile>& tiles) {
    page_.clear();
    for (const LoadedTile& tile : tiles) page_.insert(page_.end(), tile.times.begin(), tile.times.end());
    Sort(page_);
    page_rows_ = std::max(page_rows_, page_.size());
    for (auto first = page_.begin(); first != page_.end();) {
      const auto end = std::lower_bound(first, page_.end(), *first - *first % kWindowMs + kWindowMs);
      window_rows_ = std::max(window_rows_, static_cast<std::size_t>(end - first));
      first = end;
    }
    if (page_.size() * kSparse >= sorted_.size() &&
        std::includes(sorted_.begin(), sorted_.end(), page_.begin(), page_.end())) {
      return;
    }
    // Those of a sparse target differ from page to page: joined now and then, each is moved a few times only.
    fresh_.insert(fresh_.end(), page_.begin(), page_.end());
    if (fresh_.size() >= sorted_.size()) Join();
  }
  const std::vector<TimestampMs>& Join() {
    Sort(fresh_);
    std::vector<TimestampMs> both;
    both.reserve(sorted_.size() + fresh_.size());
    std::set_union(sorted_.begin(), sorted_.end(), fresh_.begin(), fresh_.end(), std::back_inserter(both));
    sorted_ = std::move(both);
    fresh_.clear();
    return sorted_;
  }
  // After Join(). Measured by the page that has samples at most times, so that no target gets longer chunks of which
  // many series are in most rows. A page of a sparse one has the rows of several sources: hence some more of them.
  Spread spread() const {
    constexpr std::size_t kSourcesInPage = 4;
    const std::size_t times = sorted_.size() / std::max<std::size_t>(page_rows_, 1);
    if (times < kSparse) return {};
    // Any time of so many windows reaches into one more.
    const std::size_t windows = kMaxTileRows / 2 / std::max<std::size_t>(window_rows_, 1);
    if (windows < 2) return {times * kSourcesInPage};
    const auto within = std::min(kDayMs, static_cast<DurationMs>(windows - 1) * kWindowMs);
    return {times * kSourcesInPage, kMaxTileRows / 2, within};
  }

 private:
  static constexpr std::size_t kSparse = 16;
  static constexpr DurationMs kWindowMs = 15 * 60 * 1000;
  static void Sort(std::vector<TimestampMs>& times) {
    if (!std::is_sorted(times.begin(), times.end())) std::sort(times.begin(), times.end());
    times.erase(std::unique(times.begin(), times.end()), times.end());
  }
  std::vector<TimestampMs> page_;
  std::vector<TimestampMs> fresh_;
  std::vector<TimestampMs> sorted_;
  std::size_t page_rows_ = 0;    // Most of one page,
  std::size_t window_rows_ = 0;  // and within a window.
};

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

// Parts of a closed day share no column and can be rewritten one by one. Of an open day all is joined, since the order
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
  std::optional<Error> failed;
  for (const auto& [day, runs] : days) {
    for (const Job& job : Choose(runs, now_ms, extent)) {
      const Status status = Join(job, breathe);
      if (status) {
        ++rewritten;
        continue;
      }
      if (status.error().code == Errc::kCorruption && FindDamage(job)) continue;  // The rest: next time.
      if (!failed) failed = Prefixed(status.error(), "joining runs of day " + std::to_string(day));
      if (!deps_.runs.settled()) return *failed;  // Nothing can be recorded now.
    }
    starts_downsampling_ = extent == Extent::kAll || deps_.downsampling_metrics.runs.value() == downsampled;
  }
  if (failed) return *failed;
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
  Joining joining{GroupBuilder(job.tier, deps_.runs.next_id(), policy_.max_rows), breathe};
  Status status;
  bool downsamples = false;
  for (const std::uint32_t target : targets) {
    const Part part = PartOf(job, target);
    downsamples = downsamples || part.has_work;
    status = AddTarget(part, target, joining);
    if (!status) break;
  }
  if (status) status = WriteDrafts(joining);
  if (!status) {
    deps_.runs.Discard(joining.added);
  } else {
    status = deps_.runs.Record(joining.added, job.inputs);
  }
  if (!status) {
    if (downsamples) deps_.downsampling_metrics.failures.Add();
    return status;
  }
  if (downsamples) CountDownsampled(job, joining);
  {
    const std::unique_lock visible(deps_.runs.visibility());
    deps_.runs.Show(std::move(joining.added), job.inputs);
  }
  const std::int32_t day = job.inputs.front()->day;
  if (joining.dropped > 0) deps_.changed(DayStart(day), DayStart(day + 1) - 1);
  return {};
}

void Rewriter::CountDownsampled(const Job& job, const Joining& joined) {
  std::uint64_t before = 0;
  std::uint64_t after = 0;
  for (const auto& run : job.inputs) before += run->bytes;
  for (const Run& run : joined.added) after += run.bytes;
  deps_.downsampling_metrics.runs.Add();
  deps_.downsampling_metrics.samples.Add(static_cast<double>(joined.dropped));
  if (after < before) deps_.downsampling_metrics.bytes.Add(static_cast<double>(before - after));
}

Status Rewriter::WriteDrafts(Joining& joining) {
  for (RunDraft& draft : joining.builder.Finish()) {
    // Which columns of a target went into this run is known only now.
    for (RunTarget& entry : draft.run.targets) {
      for (DownsampledColumns& part : entry.downsampled) part.columns = Intersection(part.columns, entry.columns);
      std::erase_if(entry.downsampled, [](const DownsampledColumns& part) { return part.columns.empty(); });
    }
    if (Status status = deps_.runs.WriteGroups(draft, /*compress=*/true); !status) return status;
    joining.added.push_back(std::move(draft.run));
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
  part.columns = ColumnsOf(part.entries);
  if (job.tier == kDayTier) ChooseResolutions(part, resolutions_->DueOf(target, job.inputs.front()->day, now_ms_));
  return part;
}

void Rewriter::ChooseResolutions(Part& part, std::vector<DownsampledColumns> due) const {
  const bool was = std::any_of(part.entries.begin(), part.entries.end(),
                               [](const RunTarget* entry) { return !entry->downsampled.empty(); });
  if (due.empty() && !was) return;
  RunTarget wanted;  // Only to look the columns up.
  wanted.downsampled = std::move(due);
  std::map<DurationMs, ColumnRanges> parts;
  for (const auto& [first, end] : part.columns.ranges()) {
    for (std::uint32_t column = first; column < end; ++column) {
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
}

// What all inputs have of a page, downsampled where there is something to do.
Status Rewriter::LoadPart(const Part& part, std::uint32_t page, const std::vector<std::uint32_t>& columns,
                          std::vector<LoadedTile>& out, std::uint64_t* dropped) const {
  for (std::size_t i = 0; i < part.runs.size(); ++i) {
    if (!HasPage(*part.entries[i], page)) continue;
    if (Status status = Load(*part.runs[i], *part.entries[i], page, out); !status) return status;
  }
  if (!part.has_work || out.empty()) return {};
  RunTarget wanted;
  wanted.downsampled = part.downsampled;
  auto joined = DownsampleTiles(out, columns, [&](std::uint32_t column) { return wanted.ResolutionOf(column); });
  if (!joined) return joined.error();
  out = std::move(joined->tiles);
  *dropped += joined->dropped;
  return {};
}

// Twice over the pages: once for the times that all of them share, once for the samples, so that only one page's tiles
// are in memory at a time. What comes of them is written as soon as it is enough for a run.
Status Rewriter::AddTarget(const Part& part, std::uint32_t target, Joining& joining) {
  TimesOfPages gathered;
  std::uint64_t counted_twice = 0;
  Status status = ForEachPage(part.columns, [&](std::uint32_t page, const std::vector<std::uint32_t>& columns) {
    if (joining.breathe) joining.breathe();
    std::vector<LoadedTile> tiles;
    Status loaded = LoadPart(part, page, columns, tiles, &counted_twice);
    gathered.AddPage(tiles);
    return loaded;
  });
  bool started = false;
  if (!status) return status;
  const std::vector<TimestampMs>& times = gathered.Join();
  return ForEachPage(part.columns, [&](std::uint32_t page, const std::vector<std::uint32_t>& columns) -> Status {
    if (joining.breathe) joining.breathe();
    std::vector<LoadedTile> tiles;
    if (Status loaded = LoadPart(part, page, columns, tiles, &joining.dropped); !loaded) return loaded;
    if (tiles.empty()) return {};
    if (!started) {
      joining.builder.StartTarget(target, part.sealed_seq, part.next_anew, times, gathered.spread());
      joining.builder.MarkDownsampled(part.downsampled);
      started = true;
    }
    std::vector<TileSource> sources;
    sources.reserve(tiles.size());
    for (LoadedTile& tile : tiles) sources.push_back({&tile.tile, tile.times, &tile.recent});
    if (Status added = joining.builder.AddPage(page, columns, sources); !added) return added;
    if (joining.builder.bytes() < policy_.run_bytes) return {};
    started = false;
    return WriteDrafts(joining);
  });
}

}  // namespace vigia::storage
