#include "storage/maintenance/rewriter.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <mutex>
#include <set>

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
    const bool has_deleted = HasDeleted(*run, now_ms, extent != Extent::kDue) || kept_->HasExpired(*run, now_ms);
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
  for (const std::uint32_t target : targets) {
    if (breathe) breathe();
    status = AddTarget(job.inputs, target, builder);
    if (status && builder.bytes() >= policy_.run_bytes) status = WriteDrafts(builder, added);
    if (!status) break;
  }
  if (status) status = WriteDrafts(builder, added);
  if (status) status = deps_.runs.Record(added, job.inputs);
  if (!status) {
    deps_.runs.Discard(added);
    return status;
  }
  const std::unique_lock visible(deps_.runs.visibility());
  deps_.runs.Show(std::move(added), job.inputs);
  return {};
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

// Twice over the pages: once for the times that all of them share, once for the samples, so that only one page's tiles
// are in memory at a time.
Status Rewriter::AddTarget(const Runs& inputs, std::uint32_t target, GroupBuilder& builder) {
  std::vector<const RunTarget*> entries;
  std::vector<const Run*> runs;
  std::uint64_t sealed_seq = 0;
  for (const auto& run : inputs) {
    const RunTarget* const entry = run->Find(target);
    if (entry == nullptr) continue;
    entries.push_back(entry);
    runs.push_back(run.get());
    sealed_seq = std::max(sealed_seq, entry->sealed_seq);
  }
  const auto pages = PagesOf(entries);
  std::vector<TimestampMs> times;
  for (const auto& [page, columns] : pages) {
    for (std::size_t i = 0; i < runs.size(); ++i) {
      std::vector<LoadedTile> tiles;
      if (Status status = Load(*runs[i], *entries[i], page, tiles); !status) return status;
      for (const LoadedTile& tile : tiles) AddTimes(tile.times, times);
    }
  }
  if (times.empty()) return {};
  builder.StartTarget(target, sealed_seq, std::move(times));
  for (const auto& [page, columns] : pages) {
    std::vector<LoadedTile> tiles;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (Status status = Load(*runs[i], *entries[i], page, tiles); !status) return status;
    }
    std::vector<TileSource> sources;
    for (const LoadedTile& tile : tiles) sources.push_back({&tile.tile, tile.times});
    if (Status status = builder.AddPage(page, columns, sources); !status) return status;
  }
  return {};
}

}  // namespace vigia::storage
