#include "storage/rowgroup/column_content.h"

#include <algorithm>

#include "storage/codec/sample_order.h"

namespace vigia::storage {
namespace {

// The starts that are known, with their times.
struct KnownStarts {
  std::vector<TimestampMs> t;
  std::vector<TimestampMs> starts;

  void Add(const std::vector<TimestampMs>& times, const std::vector<TimestampMs>& of_times) {
    for (std::size_t i = 0; i < of_times.size(); ++i) {
      if (of_times[i] == 0) continue;
      t.push_back(times[i]);
      starts.push_back(of_times[i]);
    }
  }
};

}  // namespace

void ColumnContent::StartColumn(std::uint32_t number) {
  column = number;
  float_t.clear();
  floats.clear();
  float_starts.clear();
  histogram_t.clear();
  histograms.clear();
  histogram_starts.clear();
  dropped.clear();
}

Status AppendColumn(const TileView& tile, std::span<const TimestampMs> times, ColumnContent& out,
                    RecentDecimals* recent, TileView::Cursor* cursor) {
  TileView::Cursor own;
  for (const bool histogram : {false, true}) {
    const auto chunk = tile.Find({out.column, histogram}, cursor == nullptr ? own : *cursor);
    if (!chunk) continue;
    std::vector<TimestampMs>& t = histogram ? out.histogram_t : out.float_t;
    std::vector<TimestampMs>& starts = histogram ? out.histogram_starts : out.float_starts;
    const std::size_t first = t.size();
    Status status = histogram ? tile.ReadHistograms(*chunk, times, kMinTimestampMs, kMaxTimestampMs, t, out.histograms)
                              : tile.ReadFloats(*chunk, times, kMinTimestampMs, kMaxTimestampMs, t, out.floats, recent);
    if (status) status = tile.ReadStarts(out.column, times, t, first, starts);
    if (!status) return status;
    if (!starts.empty()) starts.resize(t.size());
  }
  return tile.ReadDropped(out.column, times, kMinTimestampMs, kMaxTimestampMs, out.dropped);
}

void SortColumn(ColumnContent& content) {
  SortByTime(content.float_t, content.floats, content.float_starts);
  SortByTime(content.histogram_t, content.histograms, content.histogram_starts);
  std::stable_sort(content.dropped.begin(), content.dropped.end(),
                   [](const DroppedSamples& a, const DroppedSamples& b) { return a.t < b.t; });
  const auto same = std::unique(content.dropped.begin(), content.dropped.end(),
                                [](const DroppedSamples& a, const DroppedSamples& b) { return a.t == b.t; });
  content.dropped.erase(same, content.dropped.end());
}

std::vector<TimestampMs> TimesOf(const std::vector<ColumnContent>& columns) {
  std::vector<TimestampMs> times;
  std::vector<TimestampMs> merged;
  const auto add = [&](const std::vector<TimestampMs>& more) {
    if (std::includes(times.begin(), times.end(), more.begin(), more.end())) return;
    merged.clear();
    std::set_union(times.begin(), times.end(), more.begin(), more.end(), std::back_inserter(merged));
    std::swap(times, merged);
  };
  for (const ColumnContent& column : columns) {
    add(column.float_t);
    add(column.histogram_t);
  }
  return times;
}

std::string BuildTile(const std::vector<ColumnContent>& columns, std::span<const TimestampMs> times, bool subset) {
  TileBuilder builder(times);
  std::vector<std::uint32_t> rows;
  const auto rows_of = [&](const auto& samples, auto&& time_of) -> std::span<const std::uint32_t> {
    rows.clear();
    std::size_t row = 0;
    for (const auto& sample : samples) {
      while (times[row] < time_of(sample)) ++row;
      rows.push_back(static_cast<std::uint32_t>(row));
    }
    return rows;
  };
  const auto itself = [](TimestampMs t) { return t; };
  for (const ColumnContent& content : columns) {
    if (!content.float_t.empty()) builder.AddFloats(content.column, rows_of(content.float_t, itself), content.floats);
    if (!content.histogram_t.empty()) {
      builder.AddHistograms(content.column, rows_of(content.histogram_t, itself), content.histograms);
    }
    KnownStarts known;
    known.Add(content.float_t, content.float_starts);
    known.Add(content.histogram_t, content.histogram_starts);
    std::vector<TimestampMs> none;
    SortByTime(known.t, known.starts, none);
    if (!known.t.empty()) builder.AddStarts(content.column, rows_of(known.t, itself), known.starts);
    if (content.dropped.empty()) continue;
    builder.AddDropped(content.column, rows_of(content.dropped, [](const DroppedSamples& r) { return r.t; }),
                       content.dropped);
  }
  return builder.Finish(subset);
}

}  // namespace vigia::storage
