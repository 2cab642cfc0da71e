#include "storage/maintenance/holes.h"

#include <algorithm>
#include <vector>

namespace vigia::storage {
namespace {

constexpr std::size_t kMaxColumns = 10'000;  // Of one tombstone; looking at each in the head takes its time.

bool IsInHead(const TargetSnapshot& snapshot, std::uint32_t column, TimeInterval interval) {
  if (snapshot.empty()) return false;
  ColumnSamples samples;
  // What cannot be read may be there.
  if (!ReadColumn(snapshot, column, interval.from, interval.to, samples)) return true;
  return !samples.t.empty() || !samples.histogram_t.empty();
}

}  // namespace

void RestoreHoles(SeriesMap& series, Target& target, const TombstoneSet& tombstones, const RunSet& runs) {
  const TargetSnapshot snapshot = target.Snapshot();
  for (const auto& tombstone : tombstones.all) {
    const TombstoneTarget* const entry = tombstone->Find(target.id());
    if (entry == nullptr) continue;
    std::vector<const ColumnRanges*> later;
    for (const auto& run : runs.runs) {
      const RunTarget* const stored = run->id < tombstone->next_run ? nullptr : run->Find(target.id());
      if (stored == nullptr || !tombstone->interval.Overlaps(stored->min_t, stored->max_t)) continue;
      later.push_back(&stored->columns);
    }
    std::vector<std::uint32_t> columns;
    for (const auto& [first, end] : entry->columns.ranges()) {
      const auto last = static_cast<std::uint32_t>(std::min<std::size_t>(end, target.columns().size()));
      for (std::uint32_t column = first; column < last && columns.size() < kMaxColumns; ++column) {
        const bool stored = std::any_of(later.begin(), later.end(),
                                        [&](const ColumnRanges* ranges) { return ranges->Contains(column); });
        if (!stored && !IsInHead(snapshot, column, tombstone->interval)) columns.push_back(column);
      }
    }
    if (!columns.empty()) series.AddHole(target, tombstone->interval.from, tombstone->interval.to, columns);
  }
}

}  // namespace vigia::storage
