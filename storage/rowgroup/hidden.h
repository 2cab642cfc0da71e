// Samples that are stored but must not be seen: deleted ones, and those past the retention of their series.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "storage/codec/tile.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

// Both ends belong to it.
struct TimeInterval {
  TimestampMs from = kMinTimestampMs;
  TimestampMs to = kMaxTimestampMs;
  bool Contains(TimestampMs t) const { return from <= t && t <= to; }
  bool Covers(TimestampMs first, TimestampMs last) const { return from <= first && last <= to; }
  bool Overlaps(TimestampMs first, TimestampMs last) const { return from <= last && first <= to; }
  bool operator==(const TimeInterval&) const = default;
};

// Of one target in one place (a run, a tile). Refers to ranges that somebody else keeps.
class HiddenSamples {
 public:
  void Add(const ColumnRanges& columns, TimeInterval interval) { parts_.push_back({&columns, interval}); }
  bool empty() const { return parts_.empty(); }
  // In which times samples of `column` are hidden.
  std::vector<TimeInterval> Of(std::uint32_t column) const;

 private:
  struct Part {
    const ColumnRanges* columns;
    TimeInterval interval;
  };
  std::vector<Part> parts_;
};

bool IsHidden(std::span<const TimeInterval> hidden, TimestampMs t);
// The first time from `t` on that is not hidden; beyond kMaxTimestampMs when there is none.
TimestampMs FirstSeen(std::span<const TimeInterval> hidden, TimestampMs t);

// Removes hidden samples from those at position `first` and later. `starts` is as long as `t`, or shorter where nothing
// is known. Returns whether any was removed.
template <class Value>
bool EraseHidden(std::span<const TimeInterval> hidden, std::size_t first, std::vector<TimestampMs>& t,
                 std::vector<Value>& v, std::vector<TimestampMs>& starts) {
  std::size_t kept = first;
  for (std::size_t i = first; i < t.size(); ++i) {
    if (IsHidden(hidden, t[i])) continue;
    if (kept != i) {
      t[kept] = t[i];
      v[kept] = std::move(v[i]);
      if (kept < starts.size()) starts[kept] = i < starts.size() ? starts[i] : 0;
    }
    ++kept;
  }
  if (kept == t.size()) return false;
  t.resize(kept);
  v.resize(kept);
  if (starts.size() > kept) starts.resize(kept);
  return true;
}

// Removes what is recorded of dropped samples of which any may be hidden, or whose kept sample is: what is left then
// tells nothing of the hidden ones. `float_t` and `histogram_t` are those of the kept samples, hidden ones included.
void EraseHiddenRecords(std::span<const TimeInterval> hidden, std::span<const TimestampMs> float_t,
                        std::span<const TimestampMs> histogram_t, std::vector<DroppedSamples>& records);

// A tile without its hidden samples, and without the times at which none is left.
struct FilteredTile {
  bool changed = false;  // False: nothing is hidden, the rest is empty.
  std::vector<TimestampMs> times;
  std::string bytes;  // Empty when nothing is left.
};
// REQUIRES: `times` is what tile.Times() returned.
Result<FilteredTile> FilterTile(const TileView& tile, std::span<const TimestampMs> times, const HiddenSamples& hidden);

}  // namespace vigia::storage
