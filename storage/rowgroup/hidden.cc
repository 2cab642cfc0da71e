#include "storage/rowgroup/hidden.h"

#include <algorithm>
#include <iterator>

#include "storage/rowgroup/column_content.h"

namespace vigia::storage {
namespace {

class TileFilter {
 public:
  TileFilter(const TileView& tile, std::span<const TimestampMs> times, const HiddenSamples& hidden)
      : tile_(tile), times_(times), hidden_(hidden) {}

  Result<FilteredTile> Run();

 private:
  Status Read(std::uint32_t column);

  const TileView& tile_;
  const std::span<const TimestampMs> times_;
  const HiddenSamples& hidden_;
  bool changed_ = false;
  std::vector<ColumnContent> columns_;
};

Result<FilteredTile> TileFilter::Run() {
  FilteredTile out;
  const auto keys = tile_.Columns();
  if (!keys) return keys.error();
  const bool concerned = std::any_of(keys->begin(), keys->end(), [&](const ColumnKey& key) {
    for (const TimeInterval& interval : hidden_.Of(key.column)) {
      if (interval.Overlaps(times_.front(), times_.back())) return true;
    }
    return false;
  });
  if (!concerned) return out;
  for (const ColumnKey& key : *keys) {
    if (!columns_.empty() && columns_.back().column == key.column) continue;
    columns_.emplace_back().column = key.column;
    if (Status status = Read(key.column); !status) return status.error();
  }
  if (!changed_) return out;
  out.changed = true;
  out.times = TimesOf(columns_);
  if (!out.times.empty()) out.bytes = BuildTile(columns_, out.times, tile_.subset());
  return out;
}

Status TileFilter::Read(std::uint32_t column) {
  ColumnContent& content = columns_.back();
  if (Status status = AppendColumn(tile_, times_, content); !status) return status;
  const std::vector<TimeInterval> hidden = hidden_.Of(column);
  if (hidden.empty()) return {};
  const std::size_t records = content.dropped.size();
  EraseHiddenRecords(hidden, content.float_t, content.histogram_t, content.dropped);
  changed_ = changed_ || content.dropped.size() != records;
  if (EraseHidden(hidden, 0, content.float_t, content.floats, content.float_starts)) changed_ = true;
  if (EraseHidden(hidden, 0, content.histogram_t, content.histograms, content.histogram_starts)) changed_ = true;
  return {};
}

}  // namespace

std::vector<TimeInterval> HiddenSamples::Of(std::uint32_t column) const {
  std::vector<TimeInterval> out;
  for (const Part& part : parts_) {
    if (part.columns->Contains(column)) out.push_back(part.interval);
  }
  return out;
}

TimestampMs FirstSeen(std::span<const TimeInterval> hidden, TimestampMs t) {
  for (bool moved = true; moved;) {
    moved = false;
    for (const TimeInterval& interval : hidden) {
      if (!interval.Contains(t)) continue;
      t = interval.to + 1;
      moved = true;
    }
  }
  return t;
}

bool IsHidden(std::span<const TimeInterval> hidden, TimestampMs t) {
  return std::any_of(hidden.begin(), hidden.end(), [&](const TimeInterval& interval) { return interval.Contains(t); });
}

void EraseHiddenRecords(std::span<const TimeInterval> hidden, std::span<const TimestampMs> float_t,
                        std::span<const TimestampMs> histogram_t, std::vector<DroppedSamples>& records) {
  const auto newest_before = [](std::span<const TimestampMs> times, TimestampMs t) {
    const auto at = std::lower_bound(times.begin(), times.end(), t);
    return at == times.begin() ? kMinTimestampMs : *std::prev(at);
  };
  std::erase_if(records, [&](const DroppedSamples& record) {
    const TimestampMs after =
        std::max({record.t - record.span_ms, newest_before(float_t, record.t), newest_before(histogram_t, record.t)});
    return std::any_of(hidden.begin(), hidden.end(),
                       [&](const TimeInterval& interval) { return interval.Overlaps(after + 1, record.t); });
  });
}

Result<FilteredTile> FilterTile(const TileView& tile, std::span<const TimestampMs> times, const HiddenSamples& hidden) {
  if (hidden.empty()) return FilteredTile();
  return TileFilter(tile, times, hidden).Run();
}

}  // namespace vigia::storage
