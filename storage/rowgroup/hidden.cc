#include "storage/rowgroup/hidden.h"

#include <algorithm>

#include "storage/codec/sample_order.h"

namespace vigia::storage {
namespace {

// What is left of one column; rows are indices into the old times.
struct Remains {
  std::uint32_t column;
  std::vector<TimestampMs> float_t;
  std::vector<double> floats;
  std::vector<TimestampMs> histogram_t;
  std::vector<HistogramPtr> histograms;
  std::vector<TimestampMs> started_t;
  std::vector<TimestampMs> starts;
};

void AddStarts(const std::vector<TimestampMs>& t, const std::vector<TimestampMs>& starts, Remains& out) {
  for (std::size_t i = 0; i < starts.size(); ++i) {
    if (starts[i] == 0) continue;
    out.started_t.push_back(t[i]);
    out.starts.push_back(starts[i]);
  }
}

class TileFilter {
 public:
  TileFilter(const TileView& tile, std::span<const TimestampMs> times, const HiddenSamples& hidden)
      : tile_(tile), times_(times), hidden_(hidden) {}

  Result<FilteredTile> Run();

 private:
  Status ReadAll(const std::vector<ColumnKey>& keys);
  Status Read(ColumnKey key, std::span<const TimeInterval> hidden, Remains& out);
  std::vector<TimestampMs> TimesLeft() const;
  void Build(FilteredTile& out) const;

  const TileView& tile_;
  const std::span<const TimestampMs> times_;
  const HiddenSamples& hidden_;
  bool changed_ = false;
  std::vector<Remains> columns_;
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
  if (Status status = ReadAll(*keys); !status) return status.error();
  if (!changed_) return out;
  out.changed = true;
  out.times = TimesLeft();
  if (!out.times.empty()) Build(out);
  return out;
}

Status TileFilter::ReadAll(const std::vector<ColumnKey>& keys) {
  for (const ColumnKey& key : keys) {
    if (columns_.empty() || columns_.back().column != key.column)
      columns_.push_back({key.column, {}, {}, {}, {}, {}, {}});
    if (Status status = Read(key, hidden_.Of(key.column), columns_.back()); !status) return status;
  }
  return {};
}

Status TileFilter::Read(ColumnKey key, std::span<const TimeInterval> hidden, Remains& out) {
  const auto chunk = tile_.Find(key);
  if (!chunk) return Error{Errc::kCorruption, "tile: damaged directory"};
  std::vector<TimestampMs>& t = key.histogram ? out.histogram_t : out.float_t;
  std::vector<TimestampMs> starts;
  Status status = key.histogram
                      ? tile_.ReadHistograms(*chunk, times_, kMinTimestampMs, kMaxTimestampMs, t, out.histograms)
                      : tile_.ReadFloats(*chunk, times_, kMinTimestampMs, kMaxTimestampMs, t, out.floats);
  if (status) status = tile_.ReadStarts(key.column, times_, t, 0, starts);
  if (!status) return status;
  const bool erased =
      key.histogram ? EraseHidden(hidden, 0, t, out.histograms, starts) : EraseHidden(hidden, 0, t, out.floats, starts);
  changed_ = changed_ || erased;
  AddStarts(t, starts, out);
  return {};
}

std::vector<TimestampMs> TileFilter::TimesLeft() const {
  std::vector<TimestampMs> left;
  for (const Remains& column : columns_) {
    left.insert(left.end(), column.float_t.begin(), column.float_t.end());
    left.insert(left.end(), column.histogram_t.begin(), column.histogram_t.end());
  }
  std::sort(left.begin(), left.end());
  left.erase(std::unique(left.begin(), left.end()), left.end());
  return left;
}

void TileFilter::Build(FilteredTile& out) const {
  TileBuilder builder(out.times);
  std::vector<std::uint32_t> rows;
  const auto rows_of = [&](const std::vector<TimestampMs>& t) -> std::span<const std::uint32_t> {
    rows.clear();
    std::size_t row = 0;
    for (const TimestampMs at : t) {
      while (out.times[row] < at) ++row;
      rows.push_back(static_cast<std::uint32_t>(row));
    }
    return rows;
  };
  for (const Remains& column : columns_) {
    if (!column.float_t.empty()) builder.AddFloats(column.column, rows_of(column.float_t), column.floats);
    if (!column.histogram_t.empty()) {
      builder.AddHistograms(column.column, rows_of(column.histogram_t), column.histograms);
    }
    std::vector<TimestampMs> t = column.started_t;
    std::vector<TimestampMs> starts = column.starts;
    std::vector<TimestampMs> none;
    SortByTime(t, starts, none);
    if (!t.empty()) builder.AddStarts(column.column, rows_of(t), starts);
  }
  out.bytes = builder.Finish(tile_.subset());
}

}  // namespace

std::vector<TimeInterval> HiddenSamples::Of(std::uint32_t column) const {
  std::vector<TimeInterval> out;
  for (const Part& part : parts_) {
    if (part.columns->Contains(column)) out.push_back(part.interval);
  }
  return out;
}

bool IsHidden(std::span<const TimeInterval> hidden, TimestampMs t) {
  return std::any_of(hidden.begin(), hidden.end(), [&](const TimeInterval& interval) { return interval.Contains(t); });
}

Result<FilteredTile> FilterTile(const TileView& tile, std::span<const TimestampMs> times, const HiddenSamples& hidden) {
  if (hidden.empty()) return FilteredTile();
  return TileFilter(tile, times, hidden).Run();
}

}  // namespace vigia::storage
